"""A fake API server that also keeps Secrets and MutatingWebhookConfigurations, and takes patches of them."""

import copy
import json
from typing import Any

import jsonpatch
from aiohttp import web

from tests.fake_apiserver import FakeApiServer, Object, refusal

_PATHS = (
    "/api/v1/namespaces/{namespace}/secrets",
    "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
)


class FakeRegistry(FakeApiServer):
    """`stored` by the whole path of each object; `log` has every write in its order."""

    def __init__(self) -> None:
        super().__init__()
        self.stored: dict[str, Object] = {}
        self.log: list[str] = []
        self.before_write: Any = None

    def add_routes(self, app: web.Application) -> None:
        for path in _PATHS:
            app.router.add_post(path, self._create)
            app.router.add_get(path + "/{name}", self._read)
            app.router.add_patch(path + "/{name}", self._patch)

    def keep(self, path: str, obj: Object) -> None:
        self.version += 1
        obj = copy.deepcopy(obj)
        obj["metadata"]["resourceVersion"] = str(self.version)
        self.stored[path] = obj

    async def _read(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return refusal(401, "Unauthorized")
        stored = self.stored.get(request.path)
        return (
            refusal(404, f'"{request.match_info["name"]}" not stored')
            if stored is None
            else web.json_response(stored)
        )

    async def _create(self, request: web.Request) -> web.Response:
        assert request.content_type == "application/json"
        obj = await request.json()
        path = f"{request.path}/{obj['metadata']['name']}"
        if path in self.stored:
            return refusal(409, "already exists")
        self.log.append(f"POST {path}")
        self.keep(path, obj)
        return web.json_response(self.stored[path], status=201)

    async def _patch(self, request: web.Request) -> web.Response:
        if self.before_write:
            self.before_write()
        stored = self.stored[request.path]
        patch = await request.json()
        if request.content_type == "application/json-patch+json":
            try:
                stored = jsonpatch.apply_patch(stored, patch)
            except jsonpatch.JsonPatchException as error:
                return refusal(422, str(error))
        else:
            assert request.content_type == "application/merge-patch+json"
            if patch["metadata"]["resourceVersion"] != stored["metadata"]["resourceVersion"]:
                return refusal(409, "the object has been modified")
            stored = json.loads(json.dumps(stored)) | {
                "data": {**(stored.get("data") or {}), **patch["data"]}
            }
        self.log.append(f"PATCH {request.path}")
        self.keep(request.path, stored)
        return web.json_response(self.stored[request.path])
