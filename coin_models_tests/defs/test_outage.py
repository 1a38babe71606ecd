"""Places are unavailable for hours: few runs, no quarantine, and all coins are trained as soon as they answer again."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

import pytest

from coin_models.defs.instance.home import open_instance
from coin_models.operations.attempts import Outcome
from coin_models_tests.defs.outages import NO_NAME, OutageNight
from coin_models_tests.pipeline.killable import DAY, World

COINS = ("BTC", "ETH", "SOL", "XRP")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
OUTAGE = timedelta(hours=4, seconds=30)  # its end is between two ticks
# The newest night is the schedule's until 02:10. Pauses double from 30 s to 15 min, and a tick comes each minute:
# after try 2 (60 s), 3 (2 min), 4 (4 min), 5 (8 min), 6 (15 min, as after every later one).
TRIES_UNTIL_THE_CAP = [10, 11, 13, 17, 25]

KINDS = {
    "source": (["source"], "503"),
    "store": (["store"], "503"),
    "database": (["database"], "connection refused"),
    "names": (["source", "store", "database"], NO_NAME),
}


class Opened(Protocol):
    def __call__(self, span: timedelta, **options: Any) -> OutageNight: ...


@pytest.fixture
def night_without(tmp_path: Path) -> Iterator[Opened]:
    with ExitStack() as stack:
        world = World(tmp_path / "home", coins=COINS)
        instance = stack.enter_context(open_instance(world.settings))

        def opened(span: timedelta, **options: Any) -> OutageNight:
            night = OutageNight(world, instance, span=span, **options)
            stack.callback(night.services.close)
            return night

        yield opened


def minutes(spans: Sequence[timedelta]) -> list[int]:
    return [span // MINUTE for span in spans]


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_minutes_after_four_hours_without_a_place_train_all_coins(kind: str, night_without: Opened) -> None:
    places, words = KINDS[kind]
    night = night_without(OUTAGE, places=places, words=words)

    night.nightly()
    night.until(20 * MINUTE)
    night.clock.advance(4 * HOUR - 25 * MINUTE)  # the daemon is restarted in between; pauses stay at their cap
    night.until(OUTAGE)
    while_away, none_yet = len(night.asked), list(night.published_at)
    night.until(4 * HOUR + 5 * MINUTE)

    assert while_away <= len(TRIES_UNTIL_THE_CAP) + 2
    assert none_yet == []
    assert {words in str(error) for error in night.errors} <= {True}
    assert set(night.versions()) == set(COINS)
    assert night.published_at[0] - night.outage.until < 2 * MINUTE


@pytest.mark.proof
@pytest.mark.parametrize("kind", KINDS)
def test_four_hours_without_a_place_cost_few_runs_and_small_probes(kind: str, night_without: Opened) -> None:
    places, words = KINDS[kind]
    night = night_without(OUTAGE, places=places, words=words)

    night.nightly()
    night.until(4 * HOUR + 30 * MINUTE)

    # 02:40, then every 15 minutes until 05:55: 13 + 1; then the one that succeeds.
    assert len(night.asked) <= len(TRIES_UNTIL_THE_CAP) + 14 + 1
    assert all((tries.num_failed, tries.num_unavailable <= 21) == (0, True) for tries in night.tries().values())
    assert not any("quarantined" in str(tick) for tick in night.ticks)
    assert set(night.versions()) == set(COINS)
    assert night.published_at[0] - night.outage.until < 2 * MINUTE
    assert night.ticks[-1].summary == "4 reuse"


def test_while_the_source_is_away_each_run_asks_it_and_says_what_was_the_matter(night_without: Opened) -> None:
    night = night_without(HOUR)

    night.nightly()
    night.until(HOUR)

    assert len(night.asked) == 5 + 2  # the last at 02:40 and 02:55
    runs, probes = len(COINS) * 8, 2 * (50 - 7)  # two coins at each tick from 02:10 on that requests nothing
    assert len(night.outage.refused) == runs + probes
    assert {outcome.outcome for outcome in night.outcomes} == {Outcome.UNAVAILABLE}
    assert all("503" in (outcome.reason or "") for outcome in night.outcomes)


@pytest.mark.parametrize("away", [("ETH",), ("ETH", "XRP")], ids=["a minority", "half"])
def test_a_source_that_is_away_for_some_coins_holds_up_no_other(away: tuple[str, ...], night_without: Opened) -> None:
    night = night_without(HOUR, away=away)
    others = set(COINS).difference(away)

    night.nightly()
    at_once = night.versions()
    night.until(HOUR)
    tries = night.tries()
    night.until(HOUR + 5 * MINUTE)

    assert set(at_once) == others
    # 03:00 is the end: tries at 02:40 and 02:55, then the one that succeeds.
    assert minutes(night.times) == [*TRIES_UNTIL_THE_CAP, 40, 55, 60]
    assert night.asked == [{DAY: list(away)}] * 8
    assert {coin: (counts.num_failed, counts.num_unavailable) for coin, counts in tries.items()} == dict.fromkeys(
        away, (0, 8)
    )
    assert set(night.versions()) == set(COINS)
    assert {coin: night.versions()[coin] for coin in others} == at_once
    assert night.ticks[-1].summary == "4 reuse"
