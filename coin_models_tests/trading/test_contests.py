"""The two tests about a champion: who is whose opponent, what a day adds, when a test starts again."""

from dataclasses import replace

import pytest

from coin_models.trading.contests import Contests, DayRecords
from coin_models.trading.evidence import REFERENCE
from coin_models_tests.trading.builders import contests, record


def without_champion(loss: float = 0.396) -> DayRecords:
    return DayRecords(champion_id=None, champion=None, challenger=record(loss))


def beside(champion: float | None, challenger: float | None, reference: float | None = 0.4) -> DayRecords:
    return DayRecords(
        champion_id="old",
        champion=record(champion, 0.41) if champion is not None else None,
        challenger=record(challenger, reference) if challenger is not None else None,
    )


def test_without_a_champion_a_version_is_judged_against_its_own_reference() -> None:
    judged = Contests.after(None, without_champion())

    assert judged.challenger.opponent == REFERENCE
    assert judged.challenger.mean_skill == pytest.approx(0.01)  # 1 - 0.396 / 0.4
    assert judged.reference is None


def test_beside_a_champion_the_challenger_is_judged_against_it_and_the_newest_reference_too() -> None:
    judged = Contests.after(None, beside(champion=0.5, challenger=0.45))

    assert judged.challenger.mean_skill == pytest.approx(0.1)  # 1 - 0.45 / 0.5
    assert judged.reference is not None
    assert judged.reference.mean_skill == pytest.approx(0.2)  # 1 - 0.4 / 0.5


def test_without_a_challenger_the_champions_own_reference_stands_against_it() -> None:
    judged = Contests.after(None, beside(champion=0.5, challenger=None))

    assert judged.challenger.num_days == 0
    assert judged.reference is not None
    assert judged.reference.mean_skill == pytest.approx(1 - 0.41 / 0.5)


def test_a_champion_of_another_horizon_leaves_the_reference_as_the_challengers_opponent() -> None:
    judged = Contests.after(None, replace(beside(champion=0.9, challenger=0.36), comparable=False))

    assert (judged.challenger.opponent, judged.challenger.mean_skill) == (REFERENCE, pytest.approx(0.1))
    assert judged.reference is not None
    assert judged.reference.mean_skill == pytest.approx(1 - 0.41 / 0.9)


def test_a_test_continues_against_the_same_opponent_and_starts_again_against_another() -> None:
    before = contests(0.01, 0.01)

    same, other = Contests.after(before, without_champion()), Contests.after(before, beside(0.5, 0.45))

    assert (same.challenger.num_days, other.challenger.num_days) == (3, 1)


def test_a_day_without_a_score_leaves_the_tests_as_they_were() -> None:
    before = contests(0.01, opponent="old", against=[0.02])
    unscored = DayRecords(champion_id="old", champion=None, challenger=None)
    without_reference = DayRecords(champion_id=None, champion=None, challenger=record(0.4, None))

    assert Contests.after(before, unscored) == before
    assert Contests.after(Contests.after(None, beside(0.5, 0.45)), unscored).champion_tails is not None
    assert Contests.after(None, without_reference).challenger.num_days == 0


def test_what_a_decision_logged_is_read_back_and_older_decisions_logged_nothing() -> None:
    logged = Contests.after(contests(0.01, 0.02, opponent="old", against=[0.03]), beside(0.5, 0.45))

    assert Contests.of_statistics([{"challenger_id": "v"}, logged.to_json(), contests().to_json()]) == logged
    assert Contests.of_statistics([{"num_days": 3}]) is None
