# svcdns in a slim image: wheels are made in the first stage, installed in the second.
ARG PYTHON=3.13

FROM python:${PYTHON}-slim AS wheels
WORKDIR /src
COPY constraints.txt ./
ENV PIP_CONSTRAINT=/src/constraints.txt PIP_BUILD_CONSTRAINT=/src/constraints.txt \
    PIP_DISABLE_PIP_VERSION_CHECK=1
COPY pyproject.toml README.md LICENSE ./
COPY svcdns svcdns
RUN pip wheel --quiet --wheel-dir /wheels .

FROM python:${PYTHON}-slim
RUN --mount=type=bind,from=wheels,source=/wheels,target=/wheels \
    pip install --quiet --no-cache-dir --no-index --no-deps /wheels/*.whl && \
    pip uninstall --quiet --yes --root-user-action=ignore pip && \
    install --directory --owner=65532 --group=65532 /var/lib/svcdns

# Answers outlive the container where this is a volume. All else may be read-only.
ENV SVCDNS_STATE_DIR=/var/lib/svcdns PYTHONDONTWRITEBYTECODE=1
VOLUME /var/lib/svcdns
USER 65532:65532

# Port 53 without privileges: Docker allows it; in a Pod set net.ipv4.ip_unprivileged_port_start=53.
EXPOSE 53/udp 53/tcp
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["svcdns", "lookup", "dns-version.cluster.local.", "TXT", "--server", "127.0.0.1:53"]
ENTRYPOINT ["svcdns"]
CMD ["serve", "--listen", "0.0.0.0:53", "--listen", "[::]:53"]
