"""The rules of promotion: which version of a coin is champion from tomorrow on. Pure.

* First version: champion when it is sound, which includes beating unconditional quantiles on its validation days.
* Rollback: the champion is replaced when its weights or forecasts are not finite, or when over the newest
  `rollback_window_days` out-of-sample days its calibration is off, its losses are significantly above those of
  unconditional quantiles, or its shadow trades lost too much. The newest sound version whose own record is not broken
  follows it.
* Promotion: a sound challenger with `promotion_trial_days` out-of-sample days becomes champion unless it is worse: a
  one-sided Diebold-Mariano test on the pinball losses of both on days that are out of sample for both, at
  `promotion_significance`; and unless it is itself broken by the rollback rules, or significantly worse than
  unconditional quantiles.

"Not worse" is the null hypothesis: with few days a slightly worse challenger passes. That is intended: the newer
version has seen newer days, skill differences between neighbours are tiny, and what is clearly worse is refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from coin_models.settings.trading import TradingSettings
from coin_models.trading.decisions import CoinState, Contender, Decision, OutOfSampleDay, Verdict
from coin_models.trading.forecasts import Array
from coin_models.trading.scoring import ForecastScore
from coin_models.trading.significance import PairedTest, paired_loss_test
from coin_models.trading.soundness import find_calibration_problem

Statistics = dict[str, float | int | str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRef:
    """A published version, as far as choosing a challenger needs it."""

    version_id: str
    day: date


def choose_challenger(
    champion: VersionRef | None,
    versions: Sequence[VersionRef],
    *,
    days_tried: Mapping[str, int],
    refused: frozenset[str],
    settings: TradingSettings,
) -> VersionRef | None:
    """The version that trades beside the champion: the one whose trial has started, else the newest; None without one.

    Args:
        champion: today's champion; without one there is nothing to challenge.
        versions: versions of days before today.
        days_tried: out-of-sample days already traded, by version.
        refused: versions refused or rolled back before; they do not come again.
    """
    if champion is None:
        return None
    eligible = [ref for ref in versions if ref.day > champion.day and ref.version_id not in refused]
    begun = [ref for ref in eligible if 0 < days_tried.get(ref.version_id, 0) < settings.promotion_trial_days]
    if begun:
        return min(begun, key=lambda ref: (ref.day, ref.version_id))
    return max(eligible, key=lambda ref: (ref.day, ref.version_id), default=None)


def decide(state: CoinState, settings: TradingSettings) -> Decision:
    """The decision about a coin with the evidence up to the end of its day."""
    champion = state.champion
    if champion is None:
        return _decide_first(state, settings)
    faults = find_faults(champion, settings)
    if faults:
        return _roll_back(state, champion, faults, settings)
    if state.challenger is None:
        return _hold(state, champion, f"champion of {champion.day} stays: there is no challenger")
    return _judge(state, champion, state.challenger, settings)


def find_faults(contender: Contender, settings: TradingSettings) -> tuple[str, ...]:
    """What breaks a version: unsound weights or forecasts at once, its out-of-sample days once they are enough."""
    faults = list(contender.problems)
    unusable = sum(found.score.num_unusable for found in contender.record[-settings.rollback_window_days :])
    if unusable:
        faults.append(f"{unusable} of its forecasts were not finite or had crossing quantiles")
    recent = [found for found in contender.record if found.score.num_scored][-settings.rollback_window_days :]
    if len(recent) >= settings.rollback_min_days:
        faults.extend(_record_faults(recent, settings))
    return tuple(faults)


def _record_faults(recent: Sequence[OutOfSampleDay], settings: TradingSettings) -> list[str]:
    faults = []
    scores = [found.score for found in recent]
    span = f"over {len(recent)} out-of-sample days"
    calibration = find_calibration_problem(
        pooled_coverage(scores), scores[-1].nominal_coverage, settings, outcomes=f"the outcomes {span}"
    )
    if calibration:
        faults.append(calibration)
    test = paired_loss_test(_losses(scores), _unconditional_losses(scores))
    if test is not None and test.first_is_worse(settings.rollback_significance):
        faults.append(f"it is worse than unconditional quantiles {span} (p {test.p_first_worse:.4f})")
    lost = -sum(found.pnl_fraction for found in recent)
    if lost > settings.rollback_loss_fraction:
        faults.append(f"its shadow trades lost {lost:.1%} of equity {span}")
    return faults


def _decide_first(state: CoinState, settings: TradingSettings) -> Decision:
    newest = state.newest
    if newest is None:
        return _none(state, "no champion: there is no version to choose")
    faults = find_faults(newest, settings)
    if faults:
        return _none(state, f"no champion: the version of {newest.day} is not sound: {'; '.join(faults)}")
    why = "is sound and beats unconditional quantiles on its validation days"
    return _promote(state, newest, f"first champion: the version of {newest.day} {why}", {})


def _roll_back(state: CoinState, champion: Contender, faults: Sequence[str], settings: TradingSettings) -> Decision:
    why = f"champion of {champion.day} is broken: {'; '.join(faults)}"
    contenders = [state.challenger] if state.challenger is not None else []
    contenders += [fallback for fallback in state.fallbacks if fallback.version_id != champion.version_id]
    contenders.sort(key=lambda contender: contender.day, reverse=True)
    for contender in contenders:
        if not find_faults(contender, settings):
            return Decision(
                coin=state.coin,
                day=state.day,
                verdict=Verdict.ROLLBACK,
                version_id=contender.version_id,
                reason=f"{why}; back to the newest sound version, of {contender.day}",
                statistics={"broken_version_id": champion.version_id},
            )
    return _none(state, f"{why}; no sound version is left to go back to", broken=champion.version_id)


def _judge(state: CoinState, champion: Contender, challenger: Contender, settings: TradingSettings) -> Decision:
    who = f"challenger of {challenger.day}"
    faults = find_faults(challenger, settings)
    if faults:
        return _refuse(state, champion, challenger, f"{who} is refused: {'; '.join(faults)}", {})
    ours, theirs = _common(challenger, champion)
    if len(ours) < settings.promotion_trial_days:
        days = f"{len(ours)} of {settings.promotion_trial_days}"
        return _hold(state, champion, f"{who} is on trial: {days} out-of-sample days", challenger)
    if [len(score.blocks) for score in ours] != [len(score.blocks) for score in theirs]:
        return _judge_other_horizon(state, champion, challenger, ours, settings)
    versus_champion = paired_loss_test(*_comparable(ours, theirs))
    versus_nothing = paired_loss_test(_losses(ours), _unconditional_losses(ours))
    if versus_champion is None or versus_nothing is None:
        return _hold(state, champion, f"{who}: too few common forecasts to compare", challenger)
    statistics = _statistics(versus_champion, versus_nothing, ours, theirs)
    figures = f"pinball loss {versus_champion.mean_difference:+.5f} over {len(ours)} out-of-sample days"
    if versus_champion.first_is_worse(settings.promotion_significance):
        reason = f"{who} is worse than the champion: {figures}, p {versus_champion.p_first_worse:.4f}"
        return _refuse(state, champion, challenger, reason, statistics)
    if versus_nothing.first_is_worse(settings.promotion_significance):
        reason = f"{who} is worse than unconditional quantiles, p {versus_nothing.p_first_worse:.4f}"
        return _refuse(state, champion, challenger, reason, statistics)
    reason = f"{who} is not worse than the champion of {champion.day}: {figures}, p {versus_champion.p_first_worse:.2f}"
    return _promote(state, challenger, reason, statistics)


def _judge_other_horizon(
    state: CoinState,
    champion: Contender,
    challenger: Contender,
    ours: Sequence[ForecastScore],
    settings: TradingSettings,
) -> Decision:
    """The horizon was changed: losses over an hour and over four say nothing of each other, so it is judged alone."""
    who = f"challenger of {challenger.day}, which has another horizon than the champion,"
    test = paired_loss_test(_losses(ours), _unconditional_losses(ours))
    if test is None:
        return _hold(state, champion, f"{who} has too few forecasts to judge", challenger)
    figures = f"worse than unconditional quantiles over {len(ours)} out-of-sample days, p {test.p_first_worse:.4f}"
    statistics: Statistics = {
        "num_days": len(ours),
        "num_blocks": test.num_blocks,
        "p_worse_than_unconditional": test.p_first_worse,
        "challenger_coverage": pooled_coverage(ours),
    }
    if test.first_is_worse(settings.promotion_significance):
        return _refuse(state, champion, challenger, f"{who} is {figures}", statistics)
    return _promote(state, challenger, f"{who} is not {figures}", statistics)


def pooled_coverage(scores: Sequence[ForecastScore]) -> float:
    """Coverage over all scored forecasts of several days; NaN without any, or where a day's is not known."""
    total = sum(score.num_scored for score in scores)
    held = sum(score.coverage * score.num_scored for score in scores if score.coverage is not None)
    known = all(score.coverage is not None for score in scores if score.num_scored)
    return held / total if total and known else float("nan")


def _common(first: Contender, second: Contender) -> tuple[list[ForecastScore], list[ForecastScore]]:
    by_day = {found.day: found.score for found in second.record}
    pairs = [
        (found.score, by_day[found.day])
        for found in first.record
        if found.day in by_day and found.score.num_scored and by_day[found.day].num_scored
    ]
    return [ours for ours, _ in pairs], [theirs for _, theirs in pairs]


def _comparable(ours: Sequence[ForecastScore], theirs: Sequence[ForecastScore]) -> tuple[Array, Array]:
    """Block losses of both; where their levels differ, over the mean loss of the unconditional quantiles at those levels.

    The loss at the quantiles 0.05 and 0.95 is smaller than at 0.1 and 0.9, for a good forecast and for a bad one.
    """
    our_base, their_base = _unconditional_losses(ours), _unconditional_losses(theirs)
    if np.array_equal(our_base, their_base, equal_nan=True):
        return _losses(ours), _losses(theirs)
    return _losses(ours) / np.nanmean(our_base), _losses(theirs) / np.nanmean(their_base)


def _losses(scores: Sequence[ForecastScore]) -> Array:
    return np.array([block for score in scores for block in score.blocks], dtype=np.float64)  # None becomes NaN


def _unconditional_losses(scores: Sequence[ForecastScore]) -> Array:
    return np.array([block for score in scores for block in score.blocks_unconditional], dtype=np.float64)


def _statistics(
    versus_champion: PairedTest,
    versus_nothing: PairedTest,
    ours: Sequence[ForecastScore],
    theirs: Sequence[ForecastScore],
) -> Statistics:
    return {
        "num_days": len(ours),
        "num_blocks": versus_champion.num_blocks,
        "mean_loss_difference": versus_champion.mean_difference,
        "standard_error": versus_champion.standard_error,
        "p_worse_than_champion": versus_champion.p_first_worse,
        "p_worse_than_unconditional": versus_nothing.p_first_worse,
        "challenger_coverage": pooled_coverage(ours),
        "champion_coverage": pooled_coverage(theirs),
    }


def _promote(state: CoinState, contender: Contender, reason: str, statistics: Statistics) -> Decision:
    return Decision(
        coin=state.coin,
        day=state.day,
        verdict=Verdict.PROMOTE,
        version_id=contender.version_id,
        reason=reason,
        challenger_id=contender.version_id,
        statistics=statistics,
    )


def _hold(state: CoinState, champion: Contender, reason: str, challenger: Contender | None = None) -> Decision:
    return Decision(
        coin=state.coin,
        day=state.day,
        verdict=Verdict.HOLD,
        version_id=champion.version_id,
        reason=reason,
        challenger_id=challenger.version_id if challenger is not None else None,
    )


def _refuse(
    state: CoinState, champion: Contender, challenger: Contender, reason: str, statistics: Statistics
) -> Decision:
    return Decision(
        coin=state.coin,
        day=state.day,
        verdict=Verdict.HOLD,
        version_id=champion.version_id,
        reason=reason,
        challenger_id=challenger.version_id,
        challenger_refused=True,
        statistics=statistics,
    )


def _none(state: CoinState, reason: str, *, broken: str | None = None) -> Decision:
    return Decision(
        coin=state.coin,
        day=state.day,
        verdict=Verdict.NONE,
        version_id=None,
        reason=reason,
        statistics={"broken_version_id": broken} if broken is not None else {},
    )
