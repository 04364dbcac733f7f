# Every wheel of requirements.lock exists for Python 3.11 to 3.13, on x86-64 and on ARM.
ARG BASE=python:3.13-slim

FROM ${BASE} AS builder
WORKDIR /src
# The lock holds the tools of development too. All of it is fetched and held against its hashes; the program's environment
# then takes what pyproject.toml names, and the build its backend, from these files and from nowhere else.
COPY requirements.lock .
RUN python3 -m venv /tools \
    && /tools/bin/python -m pip download --quiet --disable-pip-version-check --no-cache-dir \
        --require-hashes --no-deps --only-binary :all: --dest /wheels -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
# Compiled here, and never held against the sources' times: the container's root is read-only, and copies change times.
ENV PIP_FIND_LINKS=/wheels
RUN python3 -m venv --without-pip /opt/sokuho \
    && /tools/bin/python -m pip --python /opt/sokuho/bin/python install --quiet --disable-pip-version-check \
        --no-cache-dir --no-index --no-compile ".[postgres]" \
    && /opt/sokuho/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/sokuho/lib

FROM ${BASE}
LABEL org.opencontainers.image.title="Sokuho" \
    org.opencontainers.image.description="Watches news feeds and pushes one short bulletin per event to the chats that follow the topic." \
    org.opencontainers.image.licenses="MIT"
# The base image's standard library comes uncompiled; without this line every start, and every look at its health, compiles.
RUN python3 -m compileall -q "$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')" -x '/(site|dist)-packages/' \
    && useradd --uid 10001 --user-group --no-create-home --home-dir /data --shell /usr/sbin/nologin sokuho \
    && install -d -o sokuho -g sokuho /data
COPY --from=builder /opt/sokuho /opt/sokuho
COPY config /app/config
ENV PATH=/opt/sokuho/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    SOKUHO_CONFIG_DIR=/app/config \
    SOKUHO_DATA_DIR=/data \
    SOKUHO_HTTP=0.0.0.0:8080
WORKDIR /app
# By number, so that an orchestrator can see that it is not root.
USER 10001:10001
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["sokuho", "health"]
ENTRYPOINT ["sokuho"]
CMD ["run"]
