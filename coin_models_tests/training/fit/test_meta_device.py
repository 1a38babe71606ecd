"""A review for CUDA without a GPU: a step, a validation and an epoch's end on torch's meta device.

It fails where an operation mixes devices, or needs a value on the host (`.item`, `.tolist`, `nonzero`), which on a GPU is a
wait in each step. Allocation, cuBLAS, determinism and speed are not covered.
"""

import os
import subprocess
import sys

# As a program of its own, because torch's list of devices with a fused AdamW is extended: the kernel has a meta function.
PROGRAM = """
import sys
import torch
import torch.utils._foreach_utils as utils
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

import torch.optim.adamw

supported = utils._get_fused_kernels_supported_devices
for name, module in list(sys.modules.items()):
    if name.startswith(("torch.optim", "torch.utils._foreach")) and hasattr(module, supported.__name__):
        setattr(module, supported.__name__, lambda: [*supported(), "meta"])

from contextlib import closing

from coin_models.bench.synthetic import synthetic_cohort
from coin_models.settings.training import TrainingSettings
from coin_models.training.checkpoints.encoding import tensors_of
from coin_models.training.fit.data import CohortData
from coin_models.training.fit.forecaster import CohortForecaster
from coin_models.training.fit.init_weights import fresh_state
from coin_models.training.shard_pool import ShardPool


class OneDevice(TorchDispatchMode):
    def __init__(self):
        super().__init__()
        self.calls, self.mixed = 0, []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        devices = {leaf.device.type for leaf in tree_leaves((args, kwargs, out)) if isinstance(leaf, torch.Tensor)}
        self.calls += 1
        if len(devices) > 1:
            self.mixed.append((str(func), sorted(devices)))
        return out


device = torch.device("meta")
for precision in ("float32", "tf32", "bf16"):
    training = TrainingSettings(precision=precision, epochs=1, lookback_days=20, validation_days=3)
    task = synthetic_cohort(training, 3)
    data, state = CohortData(task, device), fresh_state(task, device)
    assert {tensor.device.type for tensor in tensors_of(state).values()} == {"meta"}
    with closing(ShardPool(1)) as pool, torch.no_grad():
        forecaster = CohortForecaster(task, data, state, pool)
        order, batches = data.epoch_order(0), list(data.validation_batches())
        with OneDevice() as seen:
            forecaster.training_step(order[0], 0)
            for number, batch in enumerate(batches):
                forecaster.validation_step(batch, number)
            forecaster.on_validation_epoch_end()
    assert not seen.mixed, (precision, seen.mixed)
    print(seen.calls)
"""


def test_a_step_and_a_validation_stay_on_one_device_and_wait_for_no_value() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False, timeout=300, env={**os.environ}
    )

    assert done.returncode == 0, done.stderr[-2000:]
    assert [int(calls) > 50 for calls in done.stdout.split()] == [True, True, True]
