"""The source is unavailable for hours: few runs, no quarantine, and all coins are trained when it works again."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from coin_models.defs.instance.home import open_instance
from coin_models.operations.attempts import Outcome
from coin_models_tests.defs.outages import OutageNight
from coin_models_tests.pipeline.killable import DAY, World

COINS = ("BTC", "ETH", "SOL", "XRP")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
# The newest night is the schedule's until 02:10. Pauses double from 30 s to 15 min, and a tick comes each minute:
# after try 2 (60 s), 3 (2 min), 4 (4 min), 5 (8 min), 6 (15 min, as after every later one).
TRIES_UNTIL_THE_CAP = [10, 11, 13, 17, 25]

Opened = Callable[[Sequence[str], timedelta], OutageNight]


@pytest.fixture
def night_without(tmp_path: Path) -> Iterator[Opened]:
    with ExitStack() as stack:
        world = World(tmp_path / "home", coins=COINS)
        instance = stack.enter_context(open_instance(world.settings))

        def opened(away: Sequence[str], span: timedelta) -> OutageNight:
            night = OutageNight(world, instance, away=away, span=span)
            stack.callback(night.services.close)
            return night

        yield opened


def minutes(spans: Sequence[timedelta]) -> list[int]:
    return [span // MINUTE for span in spans]


def test_six_hours_without_the_exchange_give_up_no_coin_and_all_are_trained_within_a_capped_pause(
    night_without: Opened,
) -> None:
    night = night_without(COINS, 6 * HOUR)
    cap = timedelta(seconds=night.services.settings.operations.unavailable_max_seconds)

    night.nightly()
    night.until(6 * HOUR)
    while_away, tries, none_yet = list(night.asked), night.tries(), night.versions()
    night.until(6 * HOUR + cap + MINUTE)
    all_there = night.versions()
    night.until(6 * HOUR + 30 * MINUTE)

    # 02:40, then every 15 minutes: the last one before 08:00 is at 07:55, the first one after it at 08:10.
    assert minutes(night.times) == [*TRIES_UNTIL_THE_CAP, *range(40, 360, 15), 370]
    assert len(while_away) == 5 + 22
    assert night.asked == [{DAY: list(COINS)}] * 28
    assert {coin: (counts.num_failed, counts.num_unavailable) for coin, counts in tries.items()} == dict.fromkeys(
        COINS, (0, 28)
    )
    assert not any("quarantined" in str(tick) for tick in night.ticks)
    assert (set(none_yet), set(all_there)) == (set(), set(COINS))
    assert night.versions() == all_there
    assert night.ticks[-1].summary == "4 reuse"


def test_while_the_source_is_away_each_run_asks_it_and_says_what_was_the_matter(night_without: Opened) -> None:
    night = night_without(COINS, HOUR)

    night.nightly()
    night.until(HOUR)

    assert len(night.asked) == 5 + 2  # the last at 02:40 and 02:55
    assert sorted(night.services.source.refused) == sorted(COINS * 8)
    assert {outcome.outcome for outcome in night.outcomes} == {Outcome.UNAVAILABLE}
    assert all("503" in (outcome.reason or "") for outcome in night.outcomes)


@pytest.mark.parametrize("away", [("ETH",), ("ETH", "XRP")], ids=["a minority", "half"])
def test_a_source_that_is_away_for_some_coins_holds_up_no_other(away: tuple[str, ...], night_without: Opened) -> None:
    night = night_without(away, 2 * HOUR)
    others = set(COINS).difference(away)

    night.nightly()
    at_once = night.versions()
    night.until(2 * HOUR)
    tries = night.tries()
    night.until(2 * HOUR + 30 * MINUTE)

    assert set(at_once) == others
    # 04:00 is the end: tries at 02:40 and every 15 minutes until 03:55, then the one that succeeds.
    assert minutes(night.times) == [*TRIES_UNTIL_THE_CAP, *range(40, 120, 15), 130]
    assert night.asked == [{DAY: list(away)}] * 12
    assert {coin: (counts.num_failed, counts.num_unavailable) for coin, counts in tries.items()} == dict.fromkeys(
        away, (0, 12)
    )
    assert set(night.versions()) == set(COINS)
    assert {coin: night.versions()[coin] for coin in others} == at_once
    assert night.ticks[-1].summary == "4 reuse"
