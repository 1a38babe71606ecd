# Two images from one file:
#   docker build --target control -t coin-models-control .    web server, daemon, forecasts: no torch
#   docker build --target trainer -t coin-models-trainer .    the same and the fit
# TORCH_INDEX chooses the build of torch: empty takes the default index's (CUDA, several GB); for CPU or another CUDA
# give the address of PyTorch's index of those wheels.

FROM python:3.11-slim-bookworm AS base
# tini as process 1: a Python process 1 would ignore SIGTERM, and the grace would pass unused. libgomp1: LightGBM's threads.
# hadolint ignore=DL3008 -- Debian removes old versions: a pinned one breaks the build at the next security fix
RUN apt-get update \
 && apt-get install -y --no-install-recommends libgomp1 tini \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --user-group --create-home coin \
 && install -d -m 700 -o coin -g coin /data /opt/dagster /opt/dagster/storage
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 \
    COIN_MODELS_HOME=/data DAGSTER_HOME=/opt/dagster DAGSTER_DISABLE_TELEMETRY=1
WORKDIR /data

FROM base AS control-packages
WORKDIR /src
RUN python -m venv /opt/venv
COPY pyproject.toml constraints.txt README.md LICENSE ./
# The dependencies before the code: they change less often than it does.
RUN mkdir coin_models && touch coin_models/__init__.py \
 && pip install --constraint constraints.txt '.[fleet,serve]' \
 && pip uninstall --yes coin_models
COPY coin_models coin_models
RUN pip install --no-deps .

FROM control-packages AS trainer-packages
ARG TORCH_INDEX=""
RUN pip install --constraint constraints.txt ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} '.[train,fleet,serve]'

FROM base AS control
COPY --from=control-packages /opt/venv /opt/venv
COPY --chown=coin:coin dagster.yaml workspace.yaml /opt/dagster/
USER coin
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:3000/server_info', timeout=5)"]
ENTRYPOINT ["tini", "-g", "--"]
CMD ["python", "-m", "coin_models.defs.webserver", "--host", "0.0.0.0", "--port", "3000", "--workspace", "/opt/dagster/workspace.yaml"]

FROM base AS trainer
COPY --from=trainer-packages /opt/venv /opt/venv
COPY --chown=coin:coin dagster.yaml workspace.yaml /opt/dagster/
USER coin
# Healthy: settings are valid and the database answers. A fit that hangs is the lease's business.
HEALTHCHECK --interval=5m --timeout=60s --start-period=60s CMD ["coin-models", "status", "--last", "1", "--json"]
ENTRYPOINT ["tini", "-g", "--"]
CMD ["coin-models", "retrain", "--missing"]
