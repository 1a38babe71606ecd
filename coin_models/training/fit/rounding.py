"""torch's switches that decide bytes: deterministic kernels, one thread each, in the configured precision."""

import torch

from coin_models.settings.training import TrainingSettings


def set_rounding(training: TrainingSettings) -> None:
    """Sets torch's switches for this process."""
    torch.set_num_threads(1)  # per kernel: bytes must not depend on the number of cores
    torch.use_deterministic_algorithms(True)
    torch.backends.cuda.matmul.allow_tf32 = training.precision == "tf32"
