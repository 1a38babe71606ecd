#!/usr/bin/env bash
# The pod's start command, first time and every time after it was interrupted:
#   bash /workspace/coin_models/deploy/runpod/start.sh
# Settings come from the pod's environment variables (RunPod's secrets for the credentials); COIN_MODELS_SOURCE is one.
# The pod is stopped at the end, whatever the exit code (an idle pod costs as much as a busy one), and after
# MAX_POD_HOURS at the latest. STOP_POD_AFTERWARDS=0 keeps it.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
volume="${COIN_MODELS_VOLUME:-/workspace}"
export COIN_MODELS_HOME="${COIN_MODELS_HOME:-$volume/home}"
export COIN_MODELS_COSTS_PROVIDER="${COIN_MODELS_COSTS_PROVIDER:-runpod}"

stop_pod() { # at most 50 s: three tries of 10 s and two pauses
  for pause in 10 10 0; do
    if timeout 10 runpodctl stop pod "${RUNPOD_POD_ID:-}"; then
      return 0
    fi
    [ -n "${RUNPOD_POD_ID:-}" ] && command -v runpodctl >/dev/null || break
    sleep "$pause"
  done
  echo "error: the pod could not be stopped and continues costing money: stop it in the console" >&2
}
if [ "${STOP_POD_AFTERWARDS:-1}" != 0 ]; then
  trap 'code=$?; trap - EXIT; stop_pod; exit "$code"' EXIT
fi

# In the background: the shell hears a signal at once and passes it on. `timeout` passes it on to what it runs.
child="" stopped=""
pass_on() { [ -z "$child" ] || kill -TERM "$child" 2>/dev/null || true; }
trap 'stopped=1; pass_on' TERM INT
run() { # run HOURS COMMAND...
  timeout --foreground --preserve-status --signal=TERM --kill-after=120 "${1}h" "${@:2}" &
  child=$!
  [ -z "$stopped" ] || pass_on # it came before the shell knew what to pass it on to
  local code=0
  wait "$child" || code=$?
  # A signal ends the first wait early; the trainer is still saving.
  while kill -0 "$child" 2>/dev/null; do
    code=0
    wait "$child" || code=$?
  done
  child=""
  return "$code"
}

[ -x "$volume/venv/bin/coin-models" ] || run 1 bash "$here/setup.sh"
run "${MAX_POD_HOURS:-8}" "$volume/venv/bin/coin-models" retrain --missing
