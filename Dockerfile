# svcdns in a slim image: its wheels are made and installed in the first stage, and copied to the second.
# `make image-check` builds and starts it without Docker.
ARG PYTHON=3.13

FROM python:${PYTHON}-slim AS build
WORKDIR /src
COPY constraints.txt ./
ENV PIP_CONSTRAINT=/src/constraints.txt PIP_BUILD_CONSTRAINT=/src/constraints.txt \
    PIP_DISABLE_PIP_VERSION_CHECK=1
COPY pyproject.toml README.md LICENSE ./
COPY svcdns svcdns
RUN pip wheel --quiet --wheel-dir /wheels .
RUN python -m venv --without-pip /opt/svcdns && \
    pip --python /opt/svcdns/bin/python install --quiet --no-cache-dir --no-index --no-deps /wheels/*.whl
# A third of the size: the API's models, of which svcdns/sources/apiserver/login/kubernetes_library.py imports none.
RUN cd /opt/svcdns/lib/python3*/site-packages/kubernetes_asyncio/client && rm -r api models && \
    /opt/svcdns/bin/python -c 'import svcdns.sources.apiserver.api_server_source'

FROM python:${PYTHON}-slim
COPY --from=build /opt/svcdns /opt/svcdns
ENV PATH=/opt/svcdns/bin:$PATH SVCDNS_STATE_DIR=/var/lib/svcdns PYTHONDONTWRITEBYTECODE=1
RUN install --directory --owner=65532 --group=65532 /var/lib/svcdns
# The base image has its own modules without bytecode, and who runs here can write none: half of each start.
RUN PYTHONDONTWRITEBYTECODE= python -c 'import urllib.request, svcdns.cli.serve, svcdns.serve.supervisor.config_reader, \
    svcdns.serve.supervisor.supervisor, svcdns.serve.watcher.watcher_process, svcdns.sources.apiserver.api_server_source, \
    svcdns.sources.manifests.manifest_source, svcdns.web.http_listener, svcdns.web.status.status_pages, svcdns.web.webhook.webhook_server'
# Answers outlive the container where this is a volume. All else may be read-only.
VOLUME /var/lib/svcdns
USER 65532:65532

# Port 53 without privileges: Docker allows it; deploy/base sets the sysctl for it.
EXPOSE 53/udp 53/tcp 9153/tcp
# Of `serve` with --http; Kubernetes has its own probes. For other commands: --no-healthcheck.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:9153/health', timeout=2)"]
ENTRYPOINT ["svcdns"]
CMD ["serve", "--listen", "0.0.0.0:53", "--listen", "[::]:53", "--http", "0.0.0.0:9153", "--http", "[::]:9153"]
