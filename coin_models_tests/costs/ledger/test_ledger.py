import csv
import io
from datetime import date

import pytest
from hypothesis import given, settings

from coin_models.costs.ledger.accounts import entries_of
from coin_models.costs.ledger.ledger import CostLine, Ledger, to_csv, to_json
from coin_models.costs.ledger.records import AttemptRecord, SessionRecord
from coin_models_tests.costs.builders import DAY, PRICE, attempt, session
from coin_models_tests.costs.strategies import histories


def total(sessions: list[SessionRecord], attempts: list[AttemptRecord]) -> CostLine:
    return Ledger(entries_of(sessions, attempts), [PRICE]).total()


@settings(max_examples=50, deadline=None)
@given(histories())
def test_days_months_and_coin_days_each_sum_to_the_total(
    history: tuple[list[SessionRecord], list[AttemptRecord]],
) -> None:
    ledger = Ledger(entries_of(*history), [PRICE])
    whole = ledger.total()

    for lines in (ledger.by_day(), ledger.by_month(), ledger.by_coin_day()):
        for name in ("cost_usd", "billed_seconds", "useful_seconds", "interruptions_usd", "saved_usd"):
            assert sum(getattr(line, name) for line in lines) == pytest.approx(getattr(whole, name), abs=1e-6)


def test_a_night_by_hand() -> None:
    # 1 h of spot at 0.20, taken; then half an hour more, of which 300 s redo and 90 s start up again.
    sessions = [session("s1", end=3600, reason="interrupted"), session("s2", begin=3900, end=5700)]
    attempts = [
        attempt("BTC", useful_seconds=3000.0, checkpoint_seconds=60.0, startup_seconds=90.0),
        attempt("ETH", outcome="interrupted", useful_seconds=450.0),
        attempt("ETH", in_session="s2", useful_seconds=1380.0, redone_seconds=300.0, startup_seconds=90.0),
    ]

    line = total(sessions, attempts)

    assert line.billed_seconds == 5400.0
    assert line.cost_usd == pytest.approx(0.30)
    assert (line.num_models, line.cost_per_model_usd) == (2, pytest.approx(0.15))
    assert line.goodput == pytest.approx(4830 / 5400)
    assert line.idle_seconds == pytest.approx(30.0)
    # 300 redone, 60 saving and the second start-up of 90: 450 s at 0.20
    assert line.interruptions_usd == pytest.approx(450 / 3600 * 0.2)
    # on-demand at 0.60: 4830 useful, the first start-up of 90, and the 30 beside the fit
    assert line.on_demand_usd == pytest.approx(4950 / 3600 * 0.6)
    assert line.saved_usd == pytest.approx(0.825 - 0.30)


def test_a_session_that_did_nothing_is_charged_to_the_day_it_was_meant_for() -> None:
    (line,) = Ledger(entries_of([session()], []), [PRICE]).by_coin_day()

    assert line.label == f"{DAY} -"
    assert (line.idle_seconds, line.goodput, line.cost_per_model_usd) == (3600.0, 0.0, None)


def test_a_session_in_vain_counts_against_spot_in_full() -> None:
    line = total([session()], [])

    assert (line.on_demand_usd, line.saved_usd) == (0.0, pytest.approx(-0.2))


def test_a_start_up_before_any_interruption_is_no_price_of_interruptions() -> None:
    line = total([session()], [attempt(startup_seconds=90.0, useful_seconds=100.0)])

    assert line.interruptions_usd == 0.0


def test_savings_are_unknown_where_the_on_demand_price_is() -> None:
    line = total([session(gpu="B300")], [attempt(useful_seconds=100.0)])

    assert (line.on_demand_usd, line.saved_usd) == (None, None)


def test_an_owned_machine_costs_nothing_and_saves_nothing() -> None:
    line = total([session(market="owned", price_usd_per_hour=0.0)], [attempt(useful_seconds=100.0)])

    assert (line.cost_usd, line.saved_usd) == (0.0, 0.0)


def test_a_ledger_can_be_narrowed_to_days() -> None:
    entries = entries_of(
        [session()], [attempt(useful_seconds=1800.0), attempt("ETH", day=date(2025, 2, 1), useful_seconds=1800.0)]
    )

    ledger = Ledger(entries, [PRICE])

    assert [line.label for line in ledger.by_month()] == ["2025-02", "2025-03"]
    assert ledger.between(DAY, DAY).total().cost_usd == pytest.approx(0.1)
    assert ledger.between(DAY, DAY).total().saved_usd is not None


def test_lines_are_told_as_csv_and_json() -> None:
    line = total([session()], [attempt(useful_seconds=1800.0)])

    (row,) = csv.DictReader(io.StringIO(to_csv([line])))
    assert (row["label"], float(row["cost_usd"]), float(row["goodput"])) == ("total", pytest.approx(0.2), 0.5)
    assert to_json(line)["num_models"] == 1
