"""Which versions stay: recent ones, champions, one a month, and what these started from."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coin_models.pipeline.prune.prune import plan_pruning, prune
from coin_models.pipeline.prune.versions import OldVersion, choose_kept
from coin_models.settings.retention import RetentionSettings
from coin_models.settings.root import Settings
from coin_models_tests.pipeline.prune.old_home import OldHome


@pytest.fixture
def home(tmp_path: Path) -> OldHome:
    return OldHome(settings=Settings(home=tmp_path / "home", retention=RetentionSettings(monthly=False)))


def test_an_old_version_goes_with_its_objects_and_a_recent_one_stays(home: OldHome) -> None:
    home.publish("BTC", 500)
    recent = home.publish("BTC", 399)

    counts = home.prune()

    assert counts == {"model versions": 1, "objects": 2}
    assert (home.versions(), home.objects()) == ({recent}, home.keys_of({recent}))


def test_a_version_of_an_old_day_that_was_made_yesterday_stays(home: OldHome) -> None:
    backfilled = home.publish("BTC", 900, made=1)

    assert home.prune() == {}
    assert home.versions() == {backfilled}


def test_champions_of_the_past_what_traded_lately_and_their_parents_stay(home: OldHome) -> None:
    full = home.publish("BTC", 707)
    former = home.publish("BTC", 705, parent=full)
    present, trader = home.publish("BTC", 600), home.publish("BTC", 500)
    home.publish("BTC", 499)
    home.decide("BTC", 650, former, "promote")
    home.decide("BTC", 590, present, "promote")
    home.trade("BTC", 30, trader, "challenger")

    home.prune()

    assert home.versions() == {full, former, present, trader}


def test_the_parent_of_a_version_on_this_side_of_the_cutoff_stays(home: OldHome) -> None:
    full = home.publish("BTC", 402)
    child = home.publish("BTC", 398, parent=full)

    assert home.prune() == {}
    assert home.versions() == {full, child}


def test_a_version_that_is_promoted_between_plan_and_removal_stays(home: OldHome) -> None:
    wanted = home.publish("BTC", 600)
    home.publish("BTC", 599)
    pruning = plan_pruning(home)
    home.decide("BTC", 1, wanted, "promote", by="manual:me")

    prune(home, pruning)

    assert home.versions() == {wanted}
    assert home.objects() >= home.keys_of({wanted})


def old(number: int, day: date, parent: str | None = None, coin: str = "BTC") -> OldVersion:
    return OldVersion(f"{coin}-{number}", coin, day, parent)


def test_of_each_month_the_first_full_retrain_stays_since_it_needs_no_parent() -> None:
    first = date(2024, 3, 1)
    march = [old(number, first + timedelta(days=number), None if number % 7 == 4 else "x") for number in range(31)]
    april = [old(40, date(2024, 4, 9), "BTC-39"), old(39, date(2024, 3, 31))]

    kept = choose_kept([*march, *april], set(), monthly=True)

    # The fourth after the first is March's; April has no full retrain, so its one version stays with what it started from.
    assert kept == {"BTC-4", "BTC-40", "BTC-39"}


@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 30)), max_size=40),
    st.sets(st.integers(0, 39), max_size=5),
    st.booleans(),
)
def test_whatever_stays_its_ancestors_stay(drawn: list[tuple[int, int]], named: set[int], monthly: bool) -> None:
    versions = [
        old(number, date(2024, 1, 1) + timedelta(days=day), f"BTC-{number - back}" if 0 < back <= number else None)
        for number, (day, back) in enumerate(drawn)
    ]
    ids = {f"BTC-{number}" for number in named}

    kept = choose_kept(versions, ids, monthly=monthly)

    by_id = {version.version_id: version for version in versions}
    assert kept >= ids & set(by_id)
    assert all((by_id[name].parent_id or name) in kept for name in kept)
    assert choose_kept([by_id[name] for name in kept], ids, monthly=monthly) == kept
