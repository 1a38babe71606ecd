"""The state of coins and days: which of them are looked at, and how they are told as JSON."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from coin_models.clock import FixedClock
from coin_models.errors import UsageError
from coin_models.operations.attempts import Attempt, AttemptAction, ComputeUsage, Outcome
from coin_models.pipeline.coin_days import CoinDayStatuses
from coin_models.pipeline.plan.plan import make_plan
from coin_models.pipeline.services import Services
from coin_models.pipeline.status import Status, read_status
from coin_models.settings.costs import CostSettings
from coin_models.settings.root import Settings
from coin_models_tests.pipeline.plan.strategies import DAY, carried_out, facts

NOW = datetime(2026, 3, 11, 2, tzinfo=UTC)


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    settings = Settings(home=tmp_path, universe=("BTC", "ETH", "SOL"))
    with Services(settings=settings, clock=FixedClock(NOW)) as opened:
        yield opened


def test_the_last_days_end_with_the_newest_that_can_be_trained(services: Services) -> None:
    status = read_status(services, last=3)

    assert status.days == (date(2026, 3, 8), date(2026, 3, 9), date(2026, 3, 10))
    assert status.coins == ("BTC", "ETH", "SOL")


def test_named_coins_are_shown_in_the_order_of_the_universe_whatever_their_case(services: Services) -> None:
    assert read_status(services, days=[DAY], coins="sol,BTC").coins == ("BTC", "SOL")


def test_coins_outside_of_the_universe_are_refused(services: Services) -> None:
    with pytest.raises(UsageError, match="--coins DOGE,LTC: none of them is in the universe"):
        read_status(services, coins="DOGE,LTC")


def test_the_queue_is_read_where_something_is_open_and_shown_in_its_place(services: Services) -> None:
    asked: list[tuple[str, ...]] = []

    def read_queue(_settings: Settings, coins: Sequence[str]) -> dict[tuple[str, date], str]:
        asked.append(tuple(coins))
        return {("ETH", DAY): "run 1 waits"}

    status = read_status(services, days=[DAY], read_queue=read_queue)

    assert asked == [("BTC", "ETH", "SOL")]
    assert [item.state.value for item in status.coin_days.values()] == ["missing", "queued", "missing"]


def test_attempts_of_the_days_and_coins_that_are_shown_come_with_them(services: Services) -> None:
    session = services.sessions.open(CostSettings(), code_version="c")
    failed = (Outcome.FAILED, AttemptAction.FAILED, "the loss is not finite")
    for day in (DAY, DAY - timedelta(days=1)):
        services.attempts.record(day, session.session_id, {"BTC": failed, "ETH": failed})

    status = read_status(services, days=[DAY], coins="BTC")

    assert [(attempt.coin, attempt.day) for attempt in status.attempts] == [("BTC", DAY)]
    assert status.coin_days["BTC", DAY].failures == 1


def _read(status: Status) -> dict[str, Any]:
    """The JSON document, parsed."""
    parsed: dict[str, Any] = json.loads("\n".join(status.json_lines()))
    return parsed


def test_as_json_each_coin_is_one_line_and_each_coin_day_what_the_mapping_says() -> None:
    days = tuple(DAY - timedelta(days=back) for back in (3, 2, 1, 0))
    published = carried_out(make_plan(facts(days[1:3], ("BTC", "ETH"))))
    statuses = CoinDayStatuses(make_plan(facts(days, ("BTC", "ETH"), published=published)))
    status = Status(days=days, coins=("BTC", "ETH"), coin_days=statuses, attempts=())

    lines = list(status.json_lines())

    assert [line.split(":")[0] for line in lines] == ['{"days"', '"coins"', '"BTC"', '"ETH"', "},", '"attempts"']
    for coin, day in statuses:
        coin_day = statuses[coin, day]
        entry = {"state": coin_day.state.value, "reason": coin_day.reason, "failures": coin_day.failures}
        assert _read(status)["coins"][coin][day.isoformat()] == entry


def test_as_json_there_is_a_state_a_reason_and_a_count_for_each_coin_and_day() -> None:
    days = (DAY - timedelta(days=1), DAY)
    published = carried_out(make_plan(facts([DAY])))
    statuses = CoinDayStatuses(make_plan(facts(days, published=published)))

    content = _read(Status(days=days, coins=("BTC",), coin_days=statuses, attempts=()))

    assert content["days"] == ["2026-03-09", "2026-03-10"]
    assert {day: cell["state"] for day, cell in content["coins"]["BTC"].items()} == {
        "2026-03-09": "missing",
        "2026-03-10": "done",
    }


def test_as_json_an_attempt_has_its_steps_and_an_end_only_once_it_ended() -> None:
    statuses = CoinDayStatuses(make_plan(facts([DAY])))
    running = Attempt(
        attempt_id=1, coin="BTC", day=DAY, session_id="s1", outcome=Outcome.RUNNING, started_at=NOW,
        usage=ComputeUsage(steps_done=40, steps_redone=10),
    )  # fmt: skip

    content = _read(Status(days=(DAY,), coins=("BTC",), coin_days=statuses, attempts=(running,)))

    assert content["attempts"] == [
        {
            "coin": "BTC", "day": "2026-03-10", "session": "s1", "started": "2026-03-11T02:00:00+00:00", "ended": None,
            "outcome": "running", "action": None, "steps_done": 40, "steps_redone": 10, "reason": None,
        }
    ]  # fmt: skip
