import csv
import io
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coin_models.planning.ledger.accounts import Seconds, entries_of
from coin_models.planning.ledger.ledger import CostLine, Ledger, to_csv, to_json
from coin_models.planning.ledger.records import AttemptRecord, SessionRecord
from coin_models_tests.planning.builders import DAY, PRICE, at, attempt, session

SECONDS = st.floats(0.0, 900.0)


def total(sessions: list[SessionRecord], attempts: list[AttemptRecord]) -> CostLine:
    return Ledger(entries_of(sessions, attempts), [PRICE]).total()


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[SessionRecord], list[AttemptRecord]]:
    sessions, attempts = [], []
    for number in range(draw(st.integers(1, 4))):
        name, begin = f"s{number}", number * 4000.0
        length = draw(st.floats(0.0, 3900.0))
        reason = draw(st.sampled_from(["finished", "interrupted", "died", "failed"]))
        open_end = draw(st.booleans())
        end = None if open_end else begin + length
        sessions.append(session(name, begin=begin, end=end, reason=reason, heartbeat_at=at(begin + length)))
        for coin in draw(st.lists(st.sampled_from(["BTC", "ETH", "SOL"]), max_size=4)):
            killed = draw(st.booleans())
            parts = (
                {}
                if killed
                else {
                    name: draw(SECONDS)
                    for name in ("useful_seconds", "redone_seconds", "checkpoint_seconds", "startup_seconds")
                }
            )
            day = DAY - timedelta(days=draw(st.integers(0, 40)))
            outcome = draw(st.sampled_from(["interrupted", "running"] if killed else ["done", "failed", "interrupted"]))
            start = begin + draw(st.floats(0.0, 1.0)) * length
            attempts.append(attempt(coin, in_session=name, begin=start, day=day, outcome=outcome, **parts))
    return sessions, attempts


@settings(max_examples=100, deadline=None)
@given(histories())
def test_the_parts_sum_to_the_sessions(history: tuple[list[SessionRecord], list[AttemptRecord]]) -> None:
    sessions, attempts = history
    entries = entries_of(sessions, attempts)

    for one in sessions:
        own = [entry.seconds for entry in entries if entry.session is one]
        assert sum((part.billed for part in own), 0.0) == pytest.approx(one.billed_seconds, abs=1e-6)
        assert all(value >= 0 for part in own for value in (part.useful, part.redone, part.checkpoint, part.idle))
    assert sum(entry.cost_usd for entry in entries) == pytest.approx(sum(one.cost_usd for one in sessions), abs=1e-9)


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


def test_a_session_that_died_is_closed_at_its_last_heartbeat() -> None:
    dead = session(end=None, heartbeat_at=at(1800))

    assert dead.billed_seconds == 1800.0
    assert dead.cost_usd == pytest.approx(0.1)  # half an hour at 0.20


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


def test_time_that_a_killed_attempt_could_not_record_counts_as_useful_once() -> None:
    # Two coins of one cohort ran from 600 s until the machine was gone at 3600 s: 3000 s together, not 6000.
    killed = [attempt(coin, begin=600, outcome="interrupted", ended_at=at(3600)) for coin in ("BTC", "ETH")]

    line = total([session(reason="died")], killed)

    assert line.useful_seconds == pytest.approx(3000.0)
    assert line.startup_seconds == pytest.approx(600.0)


def test_what_finished_coins_recorded_is_not_counted_again_for_killed_ones() -> None:
    attempts = [attempt("BTC", useful_seconds=3000.0), attempt("ETH", outcome="interrupted", ended_at=at(3600))]

    line = total([session(reason="died")], attempts)

    assert line.useful_seconds == pytest.approx(3600.0)
    assert line.num_models == 1


def test_attempts_that_claim_more_than_the_session_had_are_scaled_to_it() -> None:
    line = total([session()], [attempt("BTC", useful_seconds=5400.0, redone_seconds=1800.0)])

    assert (line.useful_seconds, line.redone_seconds) == pytest.approx((2700.0, 900.0))


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


def test_seconds_add_and_scale_part_by_part() -> None:
    one = Seconds(useful=1.0, redone=2.0, checkpoint=3.0, startup=4.0, idle=5.0)

    assert (one + one).scaled(0.5) == one
    assert one.billed == 15.0
