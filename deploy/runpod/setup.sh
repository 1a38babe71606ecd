#!/usr/bin/env bash
# Once on a fresh pod: installs into the network volume, so that a restarted pod finds it there.
#   bash /workspace/coin_models/deploy/runpod/setup.sh
# The checkout is expected on the volume; the pod's image needs Python 3.11 and may bring its own torch.
set -euo pipefail
root="$(cd "$(dirname "$0")/../.." && pwd)"
volume="${COIN_MODELS_VOLUME:-/workspace}"
cd "$root"

if [ ! -x "$volume/venv/bin/python" ]; then
  # The pod's own torch, built for its driver, is kept where it is the version of constraints.txt.
  python3.11 -m venv --system-site-packages "$volume/venv"
fi
"$volume/venv/bin/python" -m pip install --quiet --constraint constraints.txt '.[train]'
"$volume/venv/bin/coin-models" doctor
