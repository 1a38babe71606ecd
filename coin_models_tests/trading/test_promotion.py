"""The rules of promotion, rollback and the first version, each with a record made for it."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coin_models.settings.trading import TradingSettings
from coin_models.trading.decisions import CoinState, Contender, Decision, Verdict, refused_versions
from coin_models.trading.promotion import VersionRef, choose_challenger, decide, find_faults
from coin_models.trading.scoring import ForecastScore
from coin_models_tests.trading.builders import DAY, contender, score_of

SETTINGS = TradingSettings()


def days_before(count: int) -> list[date]:
    """The `count` days that end with DAY."""
    return [DAY - timedelta(days=k) for k in reversed(range(count))]


def steady(count: int, level: float, *, seed: int = 0, coverage: float = 0.8) -> dict[date, ForecastScore]:
    """Scores around a level on the `count` days that end with DAY; days of one seed share their noise."""
    rng = np.random.default_rng(seed)
    return {
        day: score_of(list(level + rng.normal(0, 0.05, 24)), list(np.full(24, 1.0)), coverage=coverage)
        for day in days_before(count)
    }


def state(
    champion: Contender | None = None,
    challenger: Contender | None = None,
    newest: Contender | None = None,
    fallbacks: tuple[Contender, ...] = (),
) -> CoinState:
    return CoinState(coin="BTC", day=DAY, champion=champion, challenger=challenger, newest=newest, fallbacks=fallbacks)


OLD = DAY - timedelta(days=20)
NEW = DAY - timedelta(days=4)


def test_a_first_sound_version_becomes_champion() -> None:
    decision = decide(state(newest=contender("v1", DAY)), SETTINGS)

    assert (decision.verdict, decision.version_id) == (Verdict.PROMOTE, "v1")
    assert "beats unconditional quantiles" in decision.reason


def test_a_first_version_with_a_problem_leaves_the_coin_without_a_champion_and_says_why() -> None:
    newest = contender("v1", DAY, problems=("it does not beat unconditional quantiles",))

    decision = decide(state(newest=newest), SETTINGS)

    assert (decision.verdict, decision.version_id) == (Verdict.NONE, None)
    assert "does not beat unconditional quantiles" in decision.reason


def test_a_coin_without_versions_has_no_champion() -> None:
    assert decide(state(), SETTINGS).verdict is Verdict.NONE


def test_a_challenger_as_good_as_the_champion_is_promoted_after_its_trial() -> None:
    champion = contender("old", OLD, steady(4, 0.9))
    challenger = contender("new", NEW, steady(3, 0.9, seed=1))

    decision = decide(state(champion, challenger), SETTINGS)

    assert (decision.verdict, decision.version_id) == (Verdict.PROMOTE, "new")
    assert decision.statistics["num_days"] == 3  # the champion's fourth day is not common to both


def test_a_challenger_on_trial_waits() -> None:
    decision = decide(state(contender("old", OLD, steady(2, 0.9)), contender("new", NEW, steady(2, 0.5))), SETTINGS)

    assert (decision.verdict, decision.version_id) == (Verdict.HOLD, "old")
    assert "2 of 3" in decision.reason
    assert not decision.challenger_refused


def test_a_challenger_that_loses_more_is_refused_for_good() -> None:
    champion = contender("old", OLD, steady(3, 0.90))
    challenger = contender("new", NEW, steady(3, 0.93, seed=1))

    decision = decide(state(champion, challenger), SETTINGS)

    assert (decision.verdict, decision.version_id) == (Verdict.HOLD, "old")
    assert decision.challenger_refused
    assert "worse than the champion" in decision.reason
    assert refused_versions([decision.log_statistics()]) == {"new"}


def test_a_challenger_worse_than_unconditional_quantiles_is_refused_even_if_the_champion_is_no_better() -> None:
    champion = contender("old", OLD, steady(2, 1.05))  # too short a record to be rolled back
    lenient = SETTINGS.model_copy(update={"promotion_trial_days": 2})

    decision = decide(state(champion, contender("new", NEW, steady(2, 1.04, seed=1))), lenient)

    assert decision.challenger_refused
    assert "worse than unconditional quantiles" in decision.reason


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (contender("old", OLD, steady(3, 0.9), problems=("weights x hold values that are not finite",)), "not finite"),
        (contender("old", OLD, steady(3, 0.9, coverage=0.6)), "80% interval covers 60%"),
        (contender("old", OLD, steady(3, 0.9, coverage=0.99)), "80% interval covers 99%"),
        (contender("old", OLD, steady(3, 1.05)), "worse than unconditional quantiles"),
        (contender("old", OLD, steady(3, 0.9), pnl=-0.05), "lost 15.0%"),
        (contender("old", OLD, {DAY: score_of([0.9] * 24, num_unusable=3)}), "3 of its forecasts"),
    ],
)
def test_a_broken_champion_is_rolled_back_to_the_newest_sound_version(broken: Contender, words: str) -> None:
    unsound = contender("v3", DAY - timedelta(days=1), problems=("bad",))
    lossy = contender("v2", DAY - timedelta(days=8), steady(3, 1.05))
    sound = contender("v1", DAY - timedelta(days=9))

    decision = decide(state(broken, fallbacks=(unsound, lossy, sound)), SETTINGS)

    assert (decision.verdict, decision.version_id) == (Verdict.ROLLBACK, "v1")
    assert words in decision.reason
    assert refused_versions([decision.log_statistics()]) == {"old"}


def test_a_broken_champion_with_nothing_to_go_back_to_leaves_the_coin_without_one() -> None:
    decision = decide(state(contender("old", OLD, problems=("bad",))), SETTINGS)

    assert (decision.verdict, decision.version_id) == (Verdict.NONE, None)
    assert "no sound version is left" in decision.reason


def test_one_bad_day_does_not_break_a_champion() -> None:
    champion = contender("old", OLD, steady(1, 1.5, coverage=0.3), pnl=-0.5)

    assert find_faults(champion, SETTINGS) == ()


def test_a_champion_without_a_challenger_stays() -> None:
    decision = decide(state(contender("old", OLD, steady(5, 0.9))), SETTINGS)

    assert (decision.verdict, decision.version_id) == (Verdict.HOLD, "old")


def ref(version_id: str, age: int) -> VersionRef:
    return VersionRef(version_id=version_id, day=DAY - timedelta(days=age))


def choose(
    *versions: VersionRef, tried: dict[str, int] | None = None, refused: frozenset[str] = frozenset()
) -> str | None:
    chosen = choose_challenger(
        ref("champion", 10), versions, days_tried=tried or {}, refused=refused, settings=SETTINGS
    )
    return chosen.version_id if chosen is not None else None


def test_the_newest_version_challenges() -> None:
    assert choose(ref("a", 3), ref("b", 1), ref("champion", 10)) == "b"


def test_a_trial_that_has_begun_goes_on() -> None:
    assert choose(ref("a", 3), ref("b", 1), tried={"a": 2, "champion": 9}) == "a"


def test_refused_versions_and_those_older_than_the_champion_do_not_challenge() -> None:
    assert choose(ref("a", 3), ref("old", 12), refused=frozenset({"a"})) is None


def test_nobody_challenges_where_there_is_no_champion() -> None:
    found = choose_challenger(None, [ref("a", 1)], days_tried={}, refused=frozenset(), settings=SETTINGS)

    assert found is None


@settings(max_examples=60, deadline=None)
@given(
    champion_level=st.floats(0.7, 1.2),
    challenger_level=st.floats(0.7, 1.2),
    num_days=st.integers(0, 6),
    coverage=st.floats(0.3, 1.0),
)
def test_every_decision_has_a_reason_and_a_champion_unless_it_says_none(
    champion_level: float, challenger_level: float, num_days: int, coverage: float
) -> None:
    champion = contender("old", OLD, steady(num_days, champion_level, coverage=coverage))
    challenger = contender("new", DAY - timedelta(days=7), steady(num_days, challenger_level, seed=1))

    decision: Decision = decide(state(champion, challenger), SETTINGS)

    assert decision.reason
    assert decision.version_id in {"old", "new", None}
    assert (decision.verdict is Verdict.NONE) == (decision.version_id is None)


def scaled(scores: dict[date, ForecastScore], factor: float) -> dict[date, ForecastScore]:
    """The same forecasts, judged at levels whose losses are this much smaller or larger."""
    return {
        day: score_of(
            [factor * block for block in score.blocks if block is not None],
            [factor * block for block in score.blocks_unconditional if block is not None],
        )
        for day, score in scores.items()
    }


@pytest.mark.parametrize("factor", [0.5, 2.0])
@pytest.mark.parametrize(("level", "verdict"), [(0.9, Verdict.PROMOTE), (0.97, Verdict.HOLD)])
def test_a_challenger_with_other_levels_is_compared_by_its_loss_over_that_of_unconditional_quantiles(
    factor: float, level: float, verdict: Verdict
) -> None:
    champion = contender("old", OLD, steady(3, 0.9))
    challenger = contender("new", NEW, scaled(steady(3, level, seed=1), factor))

    decision = decide(state(champion, challenger), SETTINGS)

    assert decision.verdict is verdict
    assert decision.challenger_refused is (verdict is Verdict.HOLD)


def coarser(scores: dict[date, ForecastScore]) -> dict[date, ForecastScore]:
    """Scores of a horizon twice as long: half the blocks a day."""
    return {day: score_of([b for b in score.blocks[::2] if b is not None], [1.0] * 12) for day, score in scores.items()}


@pytest.mark.parametrize(("level", "verdict"), [(0.99, Verdict.PROMOTE), (1.014, Verdict.HOLD)])
def test_a_challenger_with_another_horizon_is_judged_against_unconditional_quantiles_alone(
    level: float, verdict: Verdict
) -> None:
    champion = contender("old", OLD, steady(3, 0.9))
    challenger = contender("new", NEW, coarser(steady(3, level, seed=1)))

    decision = decide(state(champion, challenger), SETTINGS)

    assert decision.verdict is verdict
    assert "another horizon than the champion" in decision.reason


def test_a_champion_whose_coverage_is_not_known_is_broken() -> None:
    unknown = {day: score_of([0.9] * 24, coverage=None) for day in days_before(3)}

    (fault,) = find_faults(contender("old", OLD, unknown), SETTINGS)

    assert "it is not known which share" in fault
