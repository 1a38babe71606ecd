"""What depends on the machine and decides no result."""

from pathlib import Path

import pytest
import torch

from coin_models.errors import SettingsError
from coin_models.settings.training import TrainingSettings
from coin_models.training.hardware import choose_cohort_size, choose_device, choose_num_shards, choose_num_threads


def test_asking_for_cuda_where_there_is_none_is_refused() -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has CUDA")

    with pytest.raises(SettingsError, match="no CUDA device"):
        choose_device(TrainingSettings(accelerator="cuda"))


def test_what_is_set_is_used_and_what_is_not_follows_from_the_machine() -> None:
    chosen = TrainingSettings(num_threads=3, cohort_size=5)

    assert (choose_num_threads(chosen), choose_cohort_size(chosen)) == (3, 5)
    assert choose_num_threads(TrainingSettings()) >= 1


def test_a_cpu_has_a_shard_per_thread_but_none_without_a_coin_and_cuda_has_one() -> None:
    four = TrainingSettings(num_threads=4)

    assert choose_num_shards(four, torch.device("cpu"), 20) == 4
    assert choose_num_shards(four, torch.device("cpu"), 3) == 3
    assert choose_num_shards(four, torch.device("cuda", 0), 20) == 1


def test_a_machine_with_a_gpu_that_torch_cannot_use_trains_on_its_processor_only_on_request(tmp_path: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("this torch can use a GPU")
    (tmp_path / "0000:01:00.0").mkdir()

    with pytest.raises(SettingsError, match=r"has an NVIDIA GPU, and torch .* cannot use it; install a CUDA build"):
        choose_device(TrainingSettings(accelerator="auto"), gpus=tmp_path)
    assert choose_device(TrainingSettings(accelerator="cpu"), gpus=tmp_path).type == "cpu"


def test_a_driver_without_a_gpu_is_no_gpu(tmp_path: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("this torch can use a GPU")

    assert choose_device(TrainingSettings(accelerator="auto"), gpus=tmp_path).type == "cpu"
    assert choose_device(TrainingSettings(accelerator="auto"), gpus=tmp_path / "none").type == "cpu"


@pytest.mark.parametrize(("threads", "coins"), [(1, 12), (12, 12), (16, 16), (64, 20)])
def test_a_cohort_has_a_coin_for_each_thread_and_no_more_than_memory_allows(threads: int, coins: int) -> None:
    assert choose_cohort_size(TrainingSettings(accelerator="cpu", num_threads=threads)) == coins
