"""The ledger's account of a killed home, held against a watch: what the drill saw of every child from outside."""

from pathlib import Path

import pytest

from coin_models.drill.drill import DrillPlan, run_drill
from coin_models.drill.kill_plan import Mode

pytestmark = [pytest.mark.proof, pytest.mark.timeout(900)]

START_SECONDS = 0.1  # between the kernel's start of a child, in hundredths, and the drill's look at its watch
HEARTBEAT_SECONDS = 0.5  # of the drill's homes: what a fit did since the last one is lost to the ledger with the kill
PROGRESS_SECONDS = 0.25  # between two steps that the drill sees
FIGURES_SECONDS = 0.5  # from a cohort's last step to its result: work, which the drill does not see


def test_the_parts_sum_to_the_sessions_and_goodput_is_what_the_drill_measured(tmp_path: Path) -> None:
    card = run_drill(DrillPlan(num_kills=5, mode=Mode.MIXED, num_coins=3, seed=11), tmp_path, lambda _line: None)

    accounts = card.accounts
    num_lives = accounts.num_sessions + accounts.num_unopened
    whole_seconds = accounts.ledger.billed_seconds + accounts.unopened_seconds + accounts.leaving_seconds
    useful_error = card.kills * (HEARTBEAT_SECONDS + PROGRESS_SECONDS) + card.days * FIGURES_SECONDS
    assert accounts.parts_error_seconds < 1e-6
    assert whole_seconds == pytest.approx(accounts.seen.billed_seconds, abs=num_lives * START_SECONDS)
    assert accounts.ledger.useful_seconds == pytest.approx(accounts.seen.useful_seconds, abs=useful_error)
    assert accounts.ledger.useful_seconds / whole_seconds == pytest.approx(
        accounts.seen.goodput, abs=useful_error / accounts.seen.billed_seconds + 0.01
    )
