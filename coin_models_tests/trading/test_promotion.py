"""The rules of promotion, rollback and the first version, each with a record made for it."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coin_models.settings.trading import TradingSettings
from coin_models.trading.calibration import Calibration
from coin_models.trading.contests import Contests
from coin_models.trading.decisions import CoinState, Contender, Decision, Verdict, refused_versions
from coin_models.trading.evidence import REFERENCE
from coin_models.trading.promotion import VersionRef, choose_challenger, decide, find_faults
from coin_models.trading.scoring import ForecastScore
from coin_models_tests.trading.builders import DAY, contender, contests, record, score_of

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
    tests: Contests | None = None,
    fallbacks: tuple[Contender, ...] = (),
) -> CoinState:
    opponent = champion.version_id if champion is not None else REFERENCE
    used = tests or contests(opponent=opponent)
    return CoinState(coin="BTC", day=DAY, champion=champion, challenger=challenger, contests=used, fallbacks=fallbacks)


OLD = DAY - timedelta(days=20)
NEW = DAY - timedelta(days=1)
CLEAR = (0.01,) * 20  # daily skills that leave no doubt
NOTHING = (0.004, -0.005) * 10


def test_a_coin_whose_versions_beat_the_reference_beyond_doubt_gets_the_newest_as_its_first_champion() -> None:
    decision = decide(state(challenger=contender("v1", NEW), tests=contests(*CLEAR)), SETTINGS)

    assert (decision.verdict, decision.version_id) == (Verdict.PROMOTE, "v1")
    assert "better than the reference, skill +0.0100 over 20 out-of-sample days, e-value" in decision.reason


def test_without_evidence_the_reference_forecasts_and_the_days_of_evidence_are_counted() -> None:
    decision = decide(state(challenger=contender("v1", NEW), tests=contests(*NOTHING)), SETTINGS)

    assert (decision.verdict, decision.version_id, decision.challenger_id) == (Verdict.NONE, None, "v1")
    assert "no champion yet: the reference forecasts; day 20 of evidence" in decision.reason
    assert "of 400" in decision.reason


def test_of_a_version_without_a_reference_the_reason_says_that_nothing_can_be_shown() -> None:
    bare = replace(contender("v1", NEW), has_reference=False)
    decision = decide(state(challenger=bare), SETTINGS)

    assert (decision.verdict, decision.version_id) == (Verdict.NONE, None)
    assert "holds no reference, so nothing can be shown of it; promote a version manually" in decision.reason


def test_one_excellent_day_makes_no_champion() -> None:
    lenient = SETTINGS.model_copy(update={"promotion_significance": 0.9})

    decision = decide(state(challenger=contender("v1", NEW), tests=contests(0.5)), lenient)

    assert decision.verdict is Verdict.NONE


def test_an_unsound_version_is_not_promoted_however_good_the_evidence() -> None:
    newest = contender("v1", NEW, problems=("weights x hold values that are not finite",))

    decision = decide(state(challenger=newest, tests=contests(*CLEAR)), SETTINGS)

    assert (decision.verdict, decision.version_id) == (Verdict.NONE, None)
    assert "not finite" in decision.reason


def test_a_coin_without_versions_has_no_champion() -> None:
    assert decide(state(), SETTINGS).verdict is Verdict.NONE


def test_versions_that_are_better_than_the_champion_replace_it_by_the_newest() -> None:
    champion, tests = contender("old", OLD), contests(*CLEAR, opponent="old")

    decision = decide(state(champion, contender("new", NEW), tests), SETTINGS)

    assert (decision.verdict, decision.version_id) == (Verdict.PROMOTE, "new")
    assert decision.log_statistics()["contests"] == tests.to_json()["contests"]


def test_versions_as_good_as_the_champion_leave_it_in_place() -> None:
    tests = contests(*NOTHING, opponent="old")

    decision = decide(state(contender("old", OLD), contender("new", NEW), tests), SETTINGS)

    assert (decision.verdict, decision.version_id) == (Verdict.HOLD, "old")
    assert "is not shown to be better than the champion" in decision.reason


def test_a_champion_with_another_horizon_is_followed_by_versions_that_beat_the_reference() -> None:
    decision = decide(state(contender("old", OLD), contender("new", NEW), contests(*CLEAR)), SETTINGS)

    assert (decision.verdict, decision.version_id) == (Verdict.PROMOTE, "new")
    assert "another horizon" in decision.reason


def test_a_champion_that_the_reference_beats_is_champion_no_more_and_does_not_contend_again() -> None:
    tests = contests(*NOTHING, opponent="old", against=CLEAR)

    decision = decide(state(contender("old", OLD), contender("new", NEW), tests), SETTINGS)

    assert (decision.verdict, decision.version_id) == (Verdict.NONE, None)
    assert "the reference is better" in decision.reason
    assert refused_versions([decision.log_statistics()]) == {"old"}


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (contender("old", OLD, steady(3, 0.9), problems=("weights x hold values that are not finite",)), "not finite"),
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


def ref(version_id: str, age: int, weights: str | None = None) -> VersionRef:
    return VersionRef(version_id=version_id, day=DAY - timedelta(days=age), weights_sha256=weights or version_id)


def choose(*versions: VersionRef, refused: frozenset[str] = frozenset()) -> str | None:
    chosen = choose_challenger(ref("champion", 10), versions, refused=refused)
    return chosen.version_id if chosen is not None else None


def test_the_newest_version_challenges() -> None:
    assert choose(ref("a", 3), ref("b", 1), ref("champion", 10)) == "b"


def test_a_version_with_the_champions_very_weights_is_no_challenger() -> None:
    assert choose(ref("a", 3), ref("b", 1, "champion")) is None


def test_refused_versions_and_those_older_than_the_champion_do_not_challenge() -> None:
    assert choose(ref("a", 3), ref("old", 12), refused=frozenset({"a"})) is None


def test_without_a_champion_the_newest_version_challenges_the_reference() -> None:
    chosen = choose_challenger(None, [ref("a", 1), ref("b", 2)], refused=frozenset())

    assert chosen == ref("a", 1)


@settings(max_examples=60, deadline=None)
@given(skills=st.lists(st.floats(-0.5, 0.5)), against=st.lists(st.floats(-0.5, 0.5)), coverage=st.floats(0.3, 1.0))
def test_every_decision_has_a_reason_and_a_champion_unless_it_says_none(
    skills: list[float], against: list[float], coverage: float
) -> None:
    champion = contender("old", OLD, steady(4, 0.9, coverage=coverage))
    tests = contests(*skills, opponent="old", against=against)

    decision: Decision = decide(state(champion, contender("new", NEW), tests), SETTINGS)

    assert decision.reason
    assert decision.version_id in {"old", "new", None}
    assert (decision.verdict is Verdict.NONE) == (decision.version_id is None)


def off(**changes: float) -> Calibration:
    """The tails of 30 days on which every day's shares are the same."""
    shares = {"below": 0.1, "above": 0.1, **changes}
    tails = None
    for _ in range(30):
        tails = Calibration.after(tails, "old", record(**shares))
    assert tails is not None
    return tails


def test_a_champion_with_a_tail_that_is_off_is_rolled_back_to_a_sound_version() -> None:
    tests = replace(contests(opponent="old"), champion_tails=off(below=0.2))

    decision = decide(state(contender("old", OLD), tests=tests, fallbacks=(contender("v1", OLD),)), SETTINGS)

    assert (decision.verdict, decision.version_id) == (Verdict.ROLLBACK, "v1")
    assert "20.0% of the outcomes lie below the lowest quantile instead of 10%" in decision.reason


def test_versions_with_a_tail_that_is_off_are_not_promoted() -> None:
    first = replace(contests(*CLEAR), challenger_tails=off(above=0.02))
    later = replace(contests(*CLEAR, opponent="old"), challenger_tails=off(above=0.02))

    none = decide(state(challenger=contender("v1", NEW), tests=first), SETTINGS)
    hold = decide(state(contender("old", OLD), contender("v1", NEW), later), SETTINGS)

    assert (none.verdict, hold.verdict) == (Verdict.NONE, Verdict.HOLD)
    assert "above the highest quantile" in none.reason
    assert "above the highest quantile" in hold.reason


def test_calibrated_tails_stop_no_promotion() -> None:
    tests = replace(contests(*CLEAR), challenger_tails=off())

    assert decide(state(challenger=contender("v1", NEW), tests=tests), SETTINGS).verdict is Verdict.PROMOTE
