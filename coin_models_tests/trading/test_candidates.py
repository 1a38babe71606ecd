"""The versions of one coin on a day: loaded once, with their problems and records."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from coin_models.errors import ModelDamaged, ModelOutdated, UsageError
from coin_models.trading.candidates import CandidateVersions, TradableModel
from coin_models.trading.decisions import OutOfSampleDay
from coin_models_tests.trading.builders import DAY, contests, score_of
from coin_models_tests.trading.shadow_days import SETTINGS, SHAPE, VERSIONS, model

DAY_BEFORE = DAY - timedelta(days=1)


class Records:
    """What versions came to on the day before, instead of a database's rows."""

    def __init__(self, *traded: str) -> None:
        self._traded = traded

    def out_of_sample_days(self, version_ids: Sequence[str], until: date) -> dict[str, tuple[OutOfSampleDay, ...]]:
        day = OutOfSampleDay(day=until, score=score_of([0.9] * 24), pnl_fraction=0.0)
        return {name: (day,) if name in self._traded else () for name in version_ids}


class Bundles:
    """Loads models and counts how often; some of them cannot be loaded, or are others."""

    def __init__(self, **others: Exception | TradableModel) -> None:
        self.others, self.loaded = others, list[str]()

    def __call__(self, version_id: str) -> TradableModel:
        self.loaded.append(version_id)
        traded = self.others.get(version_id, model())
        if isinstance(traded, Exception):
            raise traded
        return traded


def candidates(bundles: Bundles | None = None, records: Records | None = None) -> CandidateVersions:
    return CandidateVersions("BTC", DAY, VERSIONS, records or Records(), bundles or Bundles(), SETTINGS)  # type: ignore[arg-type]


def test_a_version_is_loaded_once_however_often_it_is_needed() -> None:
    bundles = Bundles()
    versions = candidates(bundles)
    champion = versions.champion("v3")

    versions.model("v3")
    versions.state(champion, None, contests(), frozenset(), None)

    assert bundles.loaded == ["v3"]


def test_a_damaged_bundle_is_a_problem_of_its_version_and_named_as_unreadable() -> None:
    versions = candidates(Bundles(v3=ModelDamaged("bytes differ")))

    state = versions.state(versions.champion("v3"), None, contests(), frozenset(), None)

    assert state.champion is not None
    assert state.champion.problems == ("bytes differ",)
    assert versions.unreadable == {"v3": "bytes differ"}


def test_an_outdated_version_is_a_problem_and_not_unreadable() -> None:
    versions = candidates(Bundles(v3=ModelOutdated("other features")))

    assert versions.model("v3") is None
    assert versions.unreadable == {}


def test_the_champion_is_a_version_of_an_earlier_day() -> None:
    versions = candidates()

    assert versions.champion(None) is None
    assert versions.champion("v1") == VERSIONS[1]
    for name in ("v0", "unknown"):  # v0 was fitted on the day itself
        with pytest.raises(UsageError, match=f"BTC: champion {name} is no version of a day before 2024-08-15"):
            versions.champion(name)


def test_without_a_champion_the_newest_version_of_the_days_before_that_was_not_refused_is_judged() -> None:
    versions = candidates()

    chosen = [versions.challenger(None, refused) for refused in (frozenset[str](), frozenset({"v1"}))]

    assert [version.version_id for version in chosen if version is not None] == ["v1", "v2"]


def test_losses_of_another_horizon_are_not_comparable() -> None:
    longer = replace(model(), shape=replace(SHAPE, horizon=24))
    versions = candidates(Bundles(v1=longer))

    assert versions.are_comparable(VERSIONS[2], VERSIONS[3])
    assert not versions.are_comparable(VERSIONS[1], VERSIONS[3])
    assert versions.are_comparable(VERSIONS[1], None)


def test_a_broken_champion_has_the_other_versions_that_were_not_refused_as_fallbacks() -> None:
    versions = candidates(Bundles(v3=ModelDamaged("bytes differ")))

    state = versions.state(versions.champion("v3"), None, contests(), frozenset({"v1"}), None)

    assert [fallback.version_id for fallback in state.fallbacks] == ["v0", "v2"]


def test_a_champion_that_a_person_chose_is_judged_only_on_the_days_since() -> None:
    bad = replace(VERSIONS[3], skill=-1.0)
    versions = CandidateVersions(
        "BTC",
        DAY,
        (*VERSIONS[:3], bad),
        Records("v3"),
        Bundles(),
        SETTINGS,  # type: ignore[arg-type]
    )
    champion = versions.champion("v3")

    by_policy = versions.state(champion, None, contests(), frozenset(), None).champion
    by_a_person = versions.state(champion, None, contests(), frozenset(), DAY_BEFORE).champion

    assert by_policy is not None
    assert by_a_person is not None
    assert [each.day for each in by_policy.record] == [DAY_BEFORE]
    assert "does not beat unconditional quantiles" in by_policy.problems[0]
    assert (by_a_person.record, by_a_person.problems) == ((), ())


@pytest.mark.parametrize(
    ("held", "words"),
    [(0.75, "its 90% interval covers 70% of the validation outcomes"), (None, "it is not known which share")],
)
def test_the_interval_of_a_version_is_that_of_its_own_levels(held: float | None, words: str) -> None:
    wide = replace(model(), shape=replace(SHAPE, levels=(0.05, 0.5, 0.95)))
    version = replace(VERSIONS[1], validation={"coverage_0.05": 0.05, "coverage_0.95": held})
    loads = Bundles(v1=wide)
    versions = CandidateVersions("BTC", DAY, (version,), Records(), loads, SETTINGS)  # type: ignore[arg-type]

    state = versions.state(None, version, contests(), frozenset(), None)

    assert state.challenger is not None
    assert words in state.challenger.problems[0]
