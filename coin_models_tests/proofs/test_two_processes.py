"""Two processes, standing in for two machines, start on the same day at the same time."""

import subprocess
from pathlib import Path

import pytest

from coin_models_tests.proofs.processes import DAY, small_home

pytestmark = [pytest.mark.proof, pytest.mark.timeout(600)]


def test_they_share_the_work_and_publish_each_coin_once(tmp_path: Path) -> None:
    coins = "BTC,ETH,SOL,XRP"
    home = small_home(tmp_path, COIN_MODELS_UNIVERSE=coins, COIN_MODELS_TRAINING_COHORT_SIZE="1")
    both = [
        home.start("retrain", "--day", DAY, "--json", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=300)[1].decode() for process in both]

    assert [process.returncode for process in both] == [0, 0], outputs
    with home.services() as services:
        versions = services.registry.versions()
        done = [
            a.coin for a in services.attempts.between(versions[0].day, versions[0].day) if a.outcome.value == "done"
        ]
    assert sorted(version.coin for version in versions) == coins.split(",")
    assert sorted(done) == coins.split(",")
