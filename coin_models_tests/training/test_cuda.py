"""What a GPU must keep of what the processor promises; `pytest -m cuda` where there is one, skipped elsewhere."""

from pathlib import Path

import pytest
import torch

from coin_models.training.arithmetic import arithmetic_of
from coin_models.training.results import CohortResult
from coin_models_tests.training import builders

pytestmark = [pytest.mark.cuda, pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")]
ON_GPU = builders.TRAINING.model_copy(update={"accelerator": "cuda"})


def weights(result: CohortResult, coin: str) -> dict[str, bytes]:
    return {name: tensor.tobytes() for name, tensor in result.coins[coin].weights.items()}


def test_on_a_gpu_the_same_task_gives_the_same_bytes_twice(tmp_path: Path) -> None:
    task = builders.cohort(builders.coin_task("AAA"), builders.coin_task("BBB"), training=ON_GPU)

    first, second = builders.fit(task, tmp_path / "1"), builders.fit(task, tmp_path / "2")

    assert weights(first, "AAA") == weights(second, "AAA")


def test_on_a_gpu_a_coin_gets_the_same_bytes_alone_and_in_company(tmp_path: Path) -> None:
    coins = [builders.coin_task(name, num_rows=rows) for name, rows in (("AAA", 240), ("BBB", 150), ("CCC", 200))]

    together = builders.fit(builders.cohort(*coins, training=ON_GPU), tmp_path / "together")
    alone = builders.fit(builders.cohort(coins[1], training=ON_GPU), tmp_path / "alone")

    assert weights(together, "BBB") == weights(alone, "BBB")


def test_a_gpu_and_the_processor_agree_but_for_rounding(tmp_path: Path) -> None:
    coin = builders.coin_task("AAA")

    on_gpu = builders.fit(builders.cohort(coin, training=ON_GPU), tmp_path / "gpu").coins["AAA"]
    on_cpu = builders.fit(builders.cohort(coin), tmp_path / "cpu").coins["AAA"]

    assert on_gpu.loss_curve["validation"] == pytest.approx(on_cpu.loss_curve["validation"], rel=1e-3)


def test_the_arithmetic_of_a_session_names_the_gpu() -> None:
    device = torch.device("cuda", 0)

    assert torch.cuda.get_device_name(device) in arithmetic_of(ON_GPU, device)
