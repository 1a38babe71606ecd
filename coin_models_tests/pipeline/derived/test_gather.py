"""Facts of derived days from the tables: which version counts, what is looked back on, how attempts are shown."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from coin_models.clock import FixedClock
from coin_models.operations.attempts import AttemptAction, Outcome
from coin_models.pipeline.derived.digests import DerivedKind
from coin_models.pipeline.derived.facts import DerivedFacts
from coin_models.pipeline.derived.gather import gather_facts, newest_derived_day, pick_counted
from coin_models.pipeline.derived.inputs import Inputs
from coin_models.pipeline.derived.repository import write_digest
from coin_models.pipeline.services import Services
from coin_models.settings.costs import CostSettings
from coin_models.settings.root import Settings
from coin_models_tests.pipeline.derived.made_up import candle_names
from coin_models_tests.registry import builders

DAY = date(2026, 3, 10)
OLD, NEW = "a" * 64, "b" * 64
INPUTS = Inputs(candles=candle_names, wanted=lambda _coin, _day: None)


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    with Services(settings=Settings(home=tmp_path), clock=FixedClock(datetime(2026, 3, 11, 2, tzinfo=UTC))) as opened:
        yield opened


def gathered(services: Services, inputs: Inputs = INPUTS) -> DerivedFacts:
    return gather_facts(services, ["BTC"], DAY, DAY, inputs)


def write(services: Services, kind: DerivedKind, days_back: int, coin: str = "BTC") -> None:
    day = DAY - timedelta(days=days_back)
    with services.database.begin() as connection:
        write_digest(connection, kind, day, coin, f"{days_back} back", services.clock.now())


def tried(services: Services, *tries: tuple[Outcome, AttemptAction, str | None]) -> str:
    """How a report shows a coin-day with these attempts."""
    session = services.sessions.open(CostSettings(), code_version="c")
    for each in tries:
        services.attempts.record(DAY, session.session_id, {"BTC": each})
    return gathered(services).states["BTC", DAY]


@pytest.mark.parametrize(("wanted", "counts"), [(OLD, OLD), (NEW, NEW), (None, NEW), ("c" * 64, NEW)])
def test_the_wanted_version_counts_where_it_is_published_and_else_the_one_published_last(
    wanted: str | None, counts: str
) -> None:
    picked = pick_counted([("BTC", DAY, OLD), ("BTC", DAY, NEW), ("ETH", DAY, OLD)], lambda _coin, _day: wanted)

    assert picked == [("BTC", DAY, counts), ("ETH", DAY, OLD)]


def test_versions_are_gathered_with_the_digest_of_their_weights(services: Services) -> None:
    version = services.registry.publish(builders.bundle("BTC", DAY), lease=None)

    assert gathered(services).versions == {"BTC": [(DAY, f"{version.id} {version.weights_sha256}")]}


def test_the_newest_trading_step_before_the_span_is_known_however_old_it_is(services: Services) -> None:
    for days_back in (0, 300, 400):
        write(services, DerivedKind.TRADES, days_back)

    assert gathered(services).trades == {"BTC": {DAY - timedelta(days=300): "300 back", DAY: "0 back"}}


def test_the_library_before_the_span_is_known_and_an_older_report_is_not(services: Services) -> None:
    for kind in (DerivedKind.PATTERNS, DerivedKind.REPORT):
        for days_back in (0, 5):
            write(services, kind, days_back, coin="")

    facts = gathered(services)

    assert list(facts.patterns.values()) == ["5 back", "0 back"]
    assert list(facts.reports.values()) == ["0 back"]


def test_coins_that_traded_in_the_days_looked_back_on_are_known_too(services: Services) -> None:
    write(services, DerivedKind.TRADES, 1, coin="DELISTED")

    assert set(gathered(services).trades) == {"DELISTED"}


def test_a_published_version_is_shown_as_published_whatever_was_tried_afterwards(services: Services) -> None:
    shown = tried(
        services,
        (Outcome.INTERRUPTED, AttemptAction.FAILED, "SIGTERM"),
        (Outcome.DONE, AttemptAction.TRAINED, None),
        (Outcome.FAILED, AttemptAction.FAILED, "later"),
        (Outcome.REUSED, AttemptAction.REUSED, None),
    )

    assert shown == "trained 1"  # one interruption


def test_without_a_version_the_newest_try_is_shown_with_its_reason_and_the_counts(services: Services) -> None:
    shown = tried(
        services,
        (Outcome.FAILED, AttemptAction.FAILED, "the loss is not finite"),
        (Outcome.INTERRUPTED, AttemptAction.FAILED, "SIGTERM"),
        (Outcome.FAILED, AttemptAction.FAILED, "the loss is not finite"),
    )

    assert shown == "failed the loss is not finite 1 2"  # one interruption, two failures


def test_the_newest_derived_day_is_that_of_any_kind(services: Services) -> None:
    at_first = newest_derived_day(services)
    write(services, DerivedKind.TRADES, 4)
    write(services, DerivedKind.REPORT, 2, coin="")

    assert (at_first, newest_derived_day(services)) == (None, DAY - timedelta(days=2))
