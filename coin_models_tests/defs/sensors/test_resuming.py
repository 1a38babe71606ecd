"""What the resume sensor requests, and its reasons for the rest."""

from datetime import UTC, date, datetime, timedelta

import pytest
from dagster import (
    AssetKey,
    DagsterRunStatus,
)

from coin_models.defs.sensors.resuming import why_not_now
from coin_models.operations.attempts import AttemptAction, Outcome
from coin_models_tests.defs.fixtures import create_run
from coin_models_tests.defs.sensors.nights import COINS, D8, D9, D10, Night

FAILED = (Outcome.FAILED, AttemptAction.FAILED, "the loss is no longer finite")


def test_a_new_users_laptop_is_not_put_to_work(night: Night) -> None:
    resumption = night.asks_for()

    assert resumption.wanted == {}
    assert "no requests in the last 7 days" in str(resumption)


def test_what_was_asked_for_is_asked_for_again_oldest_first_and_no_day_waits_for_another(night: Night) -> None:
    night.asked(D9, D10)

    resumption = night.asks_for()

    assert list(resumption.wanted.items()) == [(D9, list(COINS)), (D10, list(COINS))]
    assert "wanted by a person" in str(resumption)


def test_two_coins_asked_for_are_two_coins_trained_and_no_later_day(night: Night) -> None:
    night.asked(D8, coins=["BTC", "ETH"])

    assert night.asks_for().wanted == {D8: ["BTC", "ETH"]}


def test_the_schedule_asks_for_every_night_from_its_first_on(night: Night) -> None:
    night.every_night_from(D9)

    assert list(night.asks_for().wanted) == [D9, D10]


def test_only_the_coins_that_are_missing_are_asked_for(night: Night) -> None:
    night.asked(D10)
    night.published(D10, ["BTC", "SOL"])

    assert night.asks_for().wanted == {D10: ["ETH"]}


def test_a_coin_that_is_published_but_unknown_to_dagster_is_asked_for(night: Night) -> None:
    night.asked(D10)
    night.published(D10, ["BTC", "SOL"])
    night.published(D10, ["ETH"], is_recorded=False)

    assert night.asks_for().wanted == {D10: ["ETH"]}


def test_a_wiped_model_is_asked_for(night: Night) -> None:
    night.asked(D10)
    night.published(D10)
    night.instance.wipe_assets([AssetKey(["model", "ETH"])])

    assert night.asks_for().wanted == {D10: ["ETH"]}


def test_a_day_with_every_model_and_without_its_trades_is_asked_for_whole_but_not_right_after_a_run(
    night: Night,
) -> None:
    night.asked(D10)
    night.published(D10)
    first = night.asks_for()
    ended = night.run(D10, DagsterRunStatus.STARTED)
    night.instance.report_run_failed(night.instance.get_run_by_id(ended))

    assert first.wanted == {D10: list(COINS)}
    assert D10 not in night.asks_for().wanted


def test_a_coin_out_of_attempts_and_one_in_its_backoff_are_not_asked_for(night: Night) -> None:
    night.asked(D10)
    for _ in range(3):
        night.tried(D10, FAILED, ["BTC"])
    night.tried(D10, FAILED, ["ETH"])

    resumption = night.asks_for()

    assert resumption.wanted == {D10: ["SOL"]}
    assert resumption.summary == "1 train, 1 waiting, 1 quarantined"


def test_a_request_for_days_before_the_window_invites_nothing(night: Night) -> None:
    night.asked(date(2026, 3, 3))

    assert night.asks_for().wanted == {}


def test_the_window_is_as_long_as_the_settings_say(night: Night) -> None:
    night.asked(date(2026, 3, 3), D10)

    looked_at = list(night.asks_for().wanted)

    assert (looked_at[0], looked_at[-1], len(looked_at)) == (date(2026, 3, 4), D10, 7)


def test_until_the_schedule_is_overdue_the_newest_night_is_the_schedules(night: Night) -> None:
    night.every_night_from(D9)
    night.clock.advance(timedelta(hours=-10))  # 02:00

    assert list(night.asks_for().wanted) == [D9]


@pytest.mark.parametrize(
    ("statuses", "days"),
    [
        ([DagsterRunStatus.SUCCESS], [D9, D10]),
        ([DagsterRunStatus.SUCCESS, DagsterRunStatus.STARTED], [D9]),
    ],
)
def test_the_newest_night_is_taken_up_once_the_schedules_runs_have_ended(
    statuses: list[DagsterRunStatus], days: list[date], night: Night
) -> None:
    night.every_night_from(D9)
    night.clock.advance(timedelta(hours=-10))  # 02:00
    night.tried(D10, (Outcome.UNAVAILABLE, AttemptAction.UNAVAILABLE, "store unavailable: 503"))
    for status in statuses:
        night.run(D10, status)
    night.clock.advance(timedelta(minutes=1))

    assert list(night.asks_for().wanted) == days


def test_what_a_person_asked_of_the_newest_night_is_taken_up_at_once(night: Night) -> None:
    night.asked(D10, coins=["ETH"])
    night.every_night_from(D9)
    night.clock.advance(timedelta(hours=-11))  # 01:00

    assert night.asks_for().wanted[D10] == ["ETH"]


@pytest.mark.parametrize(
    ("status", "reason"), [(DagsterRunStatus.QUEUED, "is queued"), (DagsterRunStatus.STARTED, "is started")]
)
def test_a_day_with_a_run_is_left_alone_and_holds_up_no_other(
    status: DagsterRunStatus, reason: str, night: Night
) -> None:
    night.asked(D9, D10)
    night.run(D9, status)

    resumption = night.asks_for()

    assert list(resumption.wanted) == [D10]
    assert reason in resumption.held[D9]


def test_days_of_a_range_with_a_run_are_left_alone(night: Night) -> None:
    night.asked(D8, D10)
    night.run_of_a_range(date(2026, 2, 9), D9, DagsterRunStatus.STARTED)  # 29 days, of which the window holds the last

    resumption = night.asks_for()

    assert list(resumption.wanted) == [D10]
    assert "is started" in resumption.held[D8]


def test_what_a_person_cancelled_is_asked_for_no_more(night: Night) -> None:
    run_id = night.run(D9, DagsterRunStatus.CANCELED)
    night.asked(D9, run_id=run_id)
    first = night.asks_for()

    assert "was cancelled" in first.held[D9]
    assert night.services.requests.within(D9, D9) == []


def test_a_run_that_failed_before_it_tried_anything_is_taken_over_after_a_pause(night: Night) -> None:
    night.asked(D10)
    night.run(D10, DagsterRunStatus.FAILURE)

    at_once = night.asks_for()
    night.clock.advance(timedelta(seconds=30))

    assert at_once.wanted == {}
    assert list(night.asks_for().wanted) == [D10]


def test_a_backfill_is_requested_however_old_its_days_are_and_ends_when_all_of_it_is_made(night: Night) -> None:
    first = date(2026, 3, 3)
    night.asked(first, coins=["BTC"], by="backfill")

    before = night.asks_for().wanted
    night.published(first, ["BTC"])
    open_while_not_traded = night.services.requests.backfills()

    assert before == {first: ["BTC"]}
    assert len(open_while_not_traded) == 1


def test_a_backfill_of_what_will_never_be_made_ends_at_once_and_other_requests_do_not(night: Night) -> None:
    night.asked(date(2024, 1, 1), coins=["BTC"], by="a person")
    for _ in range(3):
        night.tried(date(2026, 3, 3), FAILED, ["BTC"])
    night.asked(date(2026, 3, 3), coins=["BTC"], by="backfill")

    night.asks_for()

    assert [request.asked_by for request in night.services.requests.all()] == ["a person"]


@pytest.mark.parametrize(("seconds", "is_held"), [(50.0, True), (70.0, False)])
def test_a_run_that_dagster_promised_to_retry_is_waited_for_a_minute(
    seconds: float, is_held: bool, night: Night
) -> None:
    run_id = create_run(night.instance, DagsterRunStatus.STARTED, {"dagster/will_retry": "true"})
    run = night.instance.get_run_by_id(run_id)
    assert run is not None
    night.instance.report_run_failed(run)
    records = night.instance.get_run_records()

    reason = why_not_now(records, datetime.fromtimestamp(float(records[0].end_time or 0.0) + seconds, UTC))

    assert (reason is not None and "about to retry" in reason) is is_held
