#!/usr/bin/env bash
# The pod's start command, first time and every time after it was taken away:
#   bash /workspace/coin_models/deploy/runpod/start.sh
# Settings come from the pod's environment variables (RunPod's secrets for the credentials); COIN_MODELS_SOURCE is one.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
volume="${COIN_MODELS_VOLUME:-/workspace}"
export COIN_MODELS_HOME="${COIN_MODELS_HOME:-$volume/home}"
export COIN_MODELS_COSTS_PROVIDER="${COIN_MODELS_COSTS_PROVIDER:-runpod}"

[ -x "$volume/venv/bin/coin-models" ] || bash "$here/setup.sh"

if [ -z "${STOP_POD_AFTERWARDS:-}" ]; then
  # exec: signals reach the trainer itself, within the few seconds of grace that a pod may get.
  exec "$volume/venv/bin/coin-models" retrain
fi

"$volume/venv/bin/coin-models" retrain &
trainer=$!
trap 'kill -TERM "$trainer"' TERM INT
code=0
wait "$trainer" || code=$?
# A signal ends the first wait early; the trainer is still saving.
while kill -0 "$trainer" 2>/dev/null; do
  code=0
  wait "$trainer" || code=$?
done
if [ "$code" -eq 0 ]; then
  runpodctl stop pod "$RUNPOD_POD_ID" # an idle pod costs as much as a busy one
fi
exit "$code"
