"""What a step tells Dagster of each day, and how it ends."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta

import pytest
from dagster import AssetCheckKey, AssetCheckResult, AssetCheckSeverity, AssetKey, Failure

from coin_models.defs.partition_recorder import WHOLE_DAY, PartitionRecorder
from coin_models.errors import Deferred, Interrupted, LeaseLost
from coin_models_tests.defs.step_contexts import NotingContext, NotingWorker

DAY = date(2026, 3, 10)
NEXT = DAY + timedelta(days=1)
BTC = AssetKey(["model", "BTC"])
CHECK = AssetCheckKey(BTC, "sound")
WARN, ERROR = AssetCheckSeverity.WARN, AssetCheckSeverity.ERROR


class Recording:
    """A recorder of these days, and what it told."""

    def __init__(
        self, days: Sequence[date] = (DAY,), *, checks: Collection[AssetCheckKey] = (CHECK,), code: str | None = None
    ) -> None:
        self.context = NotingContext(days, selected_asset_check_keys=checks, code_version=code)
        self.worker = NotingWorker()
        self.recorder = PartitionRecorder(self.context, self.worker)  # type: ignore[arg-type]


def result(*, passed: bool, severity: AssetCheckSeverity = WARN, reason: str = "why") -> AssetCheckResult:
    return AssetCheckResult(
        asset_key=BTC, check_name="sound", passed=passed, severity=severity, metadata={"reason": reason}
    )


def test_a_materialization_is_logged_at_once_with_the_versions_of_content_and_code() -> None:
    made = Recording(code="c0de")

    made.recorder.record(BTC, DAY, {"skill": 0.01}, version="d1gest")

    (event,) = made.context.events
    assert (event.asset_key, event.partition) == (BTC, "2026-03-10")
    assert event.tags == {
        "dagster/data_version": "d1gest",
        "dagster/data_version_is_user_provided": "true",
        "dagster/code_version": "c0de",
    }


def test_a_step_without_a_failure_ends_well() -> None:
    made = Recording([NEXT, DAY])

    made.recorder.close()

    assert made.recorder.days == [DAY, NEXT]  # oldest first
    assert made.context.events == []


def test_failures_end_the_step_without_a_retry_by_dagster() -> None:
    made = Recording([DAY, NEXT])
    made.recorder.failed("BTC", NEXT, "the loss is not finite")

    with pytest.raises(Failure, match=r"1 failed.*BTC of 2026-03-11: the loss is not finite") as failure:
        made.recorder.close()

    assert failure.value.allow_retries is False


def test_beyond_twenty_five_reasons_the_rest_is_a_number() -> None:
    made = Recording()
    for number in range(30):
        made.recorder.failed(f"C{number}", DAY, "why")

    with pytest.raises(Failure, match=r"30 failed, .*; and 5 more"):
        made.recorder.close()


def test_what_failed_besides_a_coins_outcome_is_told_to_the_worker() -> None:
    made = Recording()

    made.recorder.failed("BTC", DAY, "no candles")
    made.recorder.failed("BTC", DAY, "damaged", kind="shadow_trades")
    made.recorder.failed(WHOLE_DAY, DAY, "away", kind="daily_report")

    assert made.worker.failures == {("shadow_trades of BTC", DAY): "damaged", ("daily_report", DAY): "away"}


def test_an_error_of_a_day_is_its_failure_and_the_days_after_it_go_on() -> None:
    made = Recording([DAY, NEXT])

    with made.recorder.on(DAY, "candles"):
        raise ValueError("odd candles")

    assert made.worker.failures == {("candles", DAY): "ValueError: odd candles"}
    assert list(made.worker.day_seconds) == [DAY]


@pytest.mark.parametrize("error", [LeaseLost("taken over"), Deferred("the budget is spent"), Interrupted("SIGTERM")])
def test_what_concerns_every_day_passes_and_is_no_days_failure(error: BaseException) -> None:
    made = Recording()

    with pytest.raises(type(error)), made.recorder.on(DAY, "model"):
        raise error

    made.recorder.close()
    assert made.worker.failures == {}


def test_a_check_of_several_days_passed_if_it_passed_on_each_and_names_those_on_which_it_did_not() -> None:
    made = Recording([DAY, NEXT])
    made.recorder.check(DAY, [result(passed=False, severity=ERROR, reason="weights are not finite")])
    made.recorder.check(NEXT, [result(passed=True)])

    made.recorder.close()

    (event,) = made.context.events
    metadata = {name: value.value for name, value in event.metadata.items()}
    assert (event.passed, event.severity, event.partition) == (False, ERROR, None)
    assert metadata == {"reason": "2026-03-10: weights are not finite", "num_days": 2, "num_days_not_passed": 1}


def test_checks_outside_of_the_runs_selection_are_left_out() -> None:
    made = Recording(checks=())
    made.recorder.check(DAY, [result(passed=False)])

    made.recorder.close()

    assert made.context.events == []


def test_a_check_that_names_no_asset_is_refused() -> None:
    with pytest.raises(ValueError, match="must name its asset and its check"):
        Recording().recorder.check(DAY, [AssetCheckResult(passed=True)])


def test_a_check_of_one_day_names_its_partition_whose_planned_row_it_fills() -> None:
    made = Recording()
    made.recorder.check(DAY, [result(passed=True)])

    made.recorder.close()

    (event,) = made.context.events
    assert (event.check_name, event.partition) == ("sound", "2026-03-10")
