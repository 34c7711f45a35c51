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
    """`kept` by the whole path of each object; `log` has every write in its order."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[str, Object] = {}
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
        self.kept[path] = obj

    async def _read(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return refusal(401, "Unauthorized")
        found = self.kept.get(request.path)
        return (
            refusal(404, f'"{request.match_info["name"]}" not found')
            if found is None
            else web.json_response(found)
        )

    async def _create(self, request: web.Request) -> web.Response:
        assert request.content_type == "application/json"
        obj = await request.json()
        path = f"{request.path}/{obj['metadata']['name']}"
        if path in self.kept:
            return refusal(409, "already exists")
        self.log.append(f"POST {path}")
        self.keep(path, obj)
        return web.json_response(self.kept[path], status=201)

    async def _patch(self, request: web.Request) -> web.Response:
        if self.before_write:
            self.before_write()
        found, patch = self.kept[request.path], await request.json()
        if request.content_type == "application/json-patch+json":
            try:
                found = jsonpatch.apply_patch(found, patch)
            except jsonpatch.JsonPatchException as error:
                return refusal(422, str(error))
        else:
            assert request.content_type == "application/merge-patch+json"
            if patch["metadata"]["resourceVersion"] != found["metadata"]["resourceVersion"]:
                return refusal(409, "the object has been modified")
            found = json.loads(json.dumps(found)) | {"data": {**(found.get("data") or {}), **patch["data"]}}
        self.log.append(f"PATCH {request.path}")
        self.keep(request.path, found)
        return web.json_response(self.kept[request.path])
