"""A run that died before it tried anything is an attempt of the place: launched after a pause that doubles, up to its cap."""

from datetime import timedelta

from dagster import DagsterRunStatus

from coin_models.operations.attempts import AttemptAction, Outcome
from coin_models.operations.sessions import LOST
from coin_models_tests.defs.dagster_tags import WILL_RETRY_TAG
from coin_models_tests.defs.sensors.nights import COINS, D10, Night

_CAUSE = "no module named torch"


def _dies(night: Night, **tags: str) -> str:
    run_id = night.run(D10, DagsterRunStatus.STARTED, **tags)
    run = night.instance.get_run_by_id(run_id)
    assert run is not None
    night.instance.report_run_failed(run, _CAUSE)
    night.instance.add_run_tags(run_id, {WILL_RETRY_TAG: "false"})  # Dagster's own retries are over
    return run_id


def test_runs_that_die_before_the_fit_are_launched_after_a_pause_that_doubles_and_not_each_minute(night: Night) -> None:
    night.asked(D10)
    at_once, early, due = [], [], []
    for pause in (30, 60, 120, 240, 480, 900, 900):
        _dies(night)
        at_once.append(night.asks_for().wanted)
        if pause in (30, 900):
            night.clock.advance(timedelta(seconds=pause - 1))
            early.append(night.asks_for().wanted)
            night.clock.advance(timedelta(seconds=1 - pause))
        night.clock.advance(timedelta(seconds=pause))
        due.append(night.asks_for().wanted)

    assert at_once == [{}] * 7
    assert early == [{}] * 3
    assert due == [{D10: list(COINS)}] * 7


def test_each_coin_has_the_runs_own_failure_as_its_reason_once(night: Night) -> None:
    night.asked(D10)
    run_id = _dies(night)

    summaries = [night.asks_for().summary for _ in range(3)]
    attempts = night.services.attempts.between(D10, D10)

    assert [summary.partition(";")[0] for summary in summaries] == ["3 unavailable"] * 3  # then, that all places answer
    assert {attempt.coin: attempt.outcome for attempt in attempts} == dict.fromkeys(COINS, Outcome.UNAVAILABLE)
    assert len(attempts) == len(COINS)
    assert {attempt.reason for attempt in attempts} == {f"run {run_id[:8]} ended before it tried anything: {_CAUSE}"}


def test_a_run_of_two_coins_says_nothing_of_the_third(night: Night) -> None:
    night.asked(D10)
    night.tried(D10, (Outcome.UNAVAILABLE, AttemptAction.UNAVAILABLE, "away"), ["ETH"])
    _dies(night)

    assert night.asks_for().summary == "3 unavailable"
    assert [attempt.coin for attempt in night.services.attempts.between(D10, D10)] == ["ETH", "BTC", "SOL"]


def test_a_run_whose_machine_was_taken_away_is_repeated_at_once(night: Night) -> None:
    night.asked(D10)
    night.services.sessions.close(night.session, LOST)
    _dies(night, session=night.session)
    lost = night.asks_for()
    _dies(night, interrupted="SIGTERM")

    assert lost.wanted == night.asks_for().wanted == {D10: list(COINS)}
