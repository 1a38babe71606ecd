"""A machine that cannot train says so in one sentence, with the first cause."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import coin_models
from coin_models.errors import TrainerUnavailable
from coin_models.pipeline.warm_up import import_trainer
from coin_models.settings.training import TrainingSettings


def test_a_machine_with_torch_can_train() -> None:
    import_trainer(TrainingSettings(accelerator="cpu")).result()

    assert "coin_models.training.run_fit" in sys.modules


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
def test_a_device_that_is_asked_for_and_absent_is_named() -> None:
    trainer = import_trainer(TrainingSettings(accelerator="cuda"))

    with pytest.raises(TrainerUnavailable, match=r"this machine cannot train: .*no CUDA device") as error:
        trainer.result()
    assert (error.value.exit_code, error.value.place) == (2, "machine")


@pytest.mark.parametrize(
    ("module", "content", "expected"),
    [
        (
            "torch",
            "raise ModuleNotFoundError('no torch', name='torch')",
            "torch is not installed; install coin_models with",
        ),
        ("torch", "raise OSError('libcudart.so: cannot open')", "failed with OSError: libcudart.so: cannot open"),
        ("pytorch_lightning", "raise RuntimeError('broken')", "failed with RuntimeError: broken"),
    ],
)
def test_the_first_cause_is_told_however_often_it_is_asked_for(
    tmp_path: Path, module: str, content: str, expected: str
) -> None:
    (tmp_path / f"{module}.py").write_text(content, encoding="utf-8")
    program = (
        "from coin_models.errors import TrainerUnavailable\n"
        "from coin_models.pipeline.warm_up import import_trainer\n"
        "for _ in range(2):\n"
        "    try: import_trainer().result()\n"
        "    except TrainerUnavailable as error: print(error)\n"
    )
    path = os.pathsep.join([str(tmp_path), str(Path(coin_models.__file__).parents[1])])

    done = subprocess.run(
        [sys.executable, "-c", program],
        env=dict(os.environ) | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )

    lines = done.stdout.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("this machine cannot train: ") and expected in line for line in lines)
