"""The rules of promotion: which version of a coin is champion from tomorrow on. Pure.

* First champion: the coin's nightly versions were better than their own reference on out-of-sample days, by the
  always-valid test of `evidence` at `promotion_significance`. Until then the reference forecasts the coin.
* Promotion: the same test, of each newest version against the champion. A version with the champion's weights is no challenger.
* Loss of the word: by the same test at `rollback_significance`, the reference is better than the champion.
* Rollback: the champion is replaced when its weights or forecasts are not finite, when a tail is not calibrated (`calibration`,
  at `rollback_significance`), or when over the newest `rollback_window_days` out-of-sample days its losses are significantly
  above those of unconditional quantiles, or its shadow trades lost too much. The newest sound version whose own record is
  not broken follows it, where the tails of the nightly versions are calibrated; else the coin has no champion.

What is tested is what a night publishes: on each day the newest version of the days before, which is also the version that
is promoted, if it is sound. Champions of earlier versions of this program stay until one of the last two rules ends it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from coin_models.settings.trading import TradingSettings
from coin_models.trading.calibration import Calibration
from coin_models.trading.decisions import CoinState, Contender, Decision, OutOfSampleDay, Verdict
from coin_models.trading.evidence import REFERENCE, Evidence
from coin_models.trading.forecasts import Array
from coin_models.trading.scoring import ForecastScore
from coin_models.trading.significance import paired_loss_test


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRef:
    """A published version, as far as choosing a challenger needs it."""

    version_id: str
    day: date
    weights_sha256: str


def choose_challenger(
    champion: VersionRef | None, versions: Sequence[VersionRef], *, refused: frozenset[str]
) -> VersionRef | None:
    """The newest version, if it is later than the champion and not the champion's very weights; None without one.

    Args:
        champion: today's champion; None: the challenger is judged against its reference.
        versions: versions of days before today.
        refused: versions refused or rolled back before; they do not come again.
    """
    eligible = [ref for ref in versions if ref.version_id not in refused]
    if champion is not None:
        eligible = [ref for ref in eligible if ref.day > champion.day]
    newest = max(eligible, key=lambda ref: (ref.day, ref.version_id), default=None)
    if newest is None or (champion is not None and newest.weights_sha256 == champion.weights_sha256):
        return None
    return newest


def decide(state: CoinState, settings: TradingSettings) -> Decision:
    """The decision about a coin with the evidence up to the end of its day."""
    champion = state.champion
    if champion is None:
        return _decide_first(state, settings)
    faults = (*find_faults(champion, settings), *_tail_problems(state.contests.champion_tails, settings))
    if faults:
        return _roll_back(state, champion, faults, settings)
    against = state.contests.reference
    if against is not None and against.proves(settings.rollback_significance):
        reason = f"the champion of {champion.day} is one no more: the reference is better, {evidence_in_words(against)}"
        return _none(state, reason, broken=champion.version_id)
    if state.challenger is None:
        return _hold(state, champion, f"champion of {champion.day} stays: there is no newer version with other weights")
    return _judge(state, champion, state.challenger, settings)


def evidence_in_words(evidence: Evidence, needed: float | None = None) -> str:
    """Such as `skill +0.0081 over 12 out-of-sample days, e-value 37 of 400`."""
    skill = "no skill known yet" if evidence.mean_skill is None else f"skill {evidence.mean_skill:+.4f}"
    goal = "" if needed is None else f" of {needed:.0f}"
    days = f"{evidence.num_days} out-of-sample day{'' if evidence.num_days == 1 else 's'}"
    return f"{skill} over {days}, e-value {_rounded(evidence.e_value)}{goal}"


def _rounded(e_value: float) -> str:
    return f"{e_value:.2g}" if e_value < 10 else f"{e_value:,.0f}"


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
    test = paired_loss_test(_losses(scores), _unconditional_losses(scores))
    if test is not None and test.first_is_worse(settings.rollback_significance):
        faults.append(f"it is worse than unconditional quantiles {span} (p {test.p_first_worse:.4f})")
    lost = -sum(found.pnl_fraction for found in recent)
    if lost > settings.rollback_loss_fraction:
        faults.append(f"its shadow trades lost {lost:.1%} of equity {span}")
    return faults


def _decide_first(state: CoinState, settings: TradingSettings) -> Decision:
    newest, evidence = state.challenger, state.contests.challenger
    if newest is None:
        return _none(state, "no champion yet: there is no version of a day before")
    if not newest.has_reference:
        why = (
            f"the version of {newest.day} holds no reference, so nothing can be shown of it; promote a version manually"
        )
        return _none(state, f"no champion: {why}", newest)
    if not _has_passed(evidence, settings):
        needed = 1 / settings.promotion_significance
        so_far = f"day {evidence.num_days} of evidence, {evidence_in_words(evidence, needed)}"
        return _none(state, f"no champion yet: the reference forecasts; {so_far}", newest)
    faults = (*find_faults(newest, settings), *_tail_problems(state.contests.challenger_tails, settings))
    if faults:
        return _none(state, f"no champion: the version of {newest.day} is not sound: {'; '.join(faults)}", newest)
    why = f"nightly versions are better than the reference, {evidence_in_words(evidence)}"
    return _promote(state, newest, f"first champion: the version of {newest.day}; {why}")


def _tail_problems(tails: Calibration | None, settings: TradingSettings) -> tuple[str, ...]:
    return () if tails is None else tails.problems(settings.rollback_significance)


def _has_passed(evidence: Evidence, settings: TradingSettings) -> bool:
    return evidence.num_days >= settings.promotion_trial_days and evidence.proves(settings.promotion_significance)


def _roll_back(state: CoinState, champion: Contender, faults: Sequence[str], settings: TradingSettings) -> Decision:
    why = f"champion of {champion.day} is broken: {'; '.join(faults)}"
    contenders = [state.challenger] if state.challenger is not None else []
    contenders += [fallback for fallback in state.fallbacks if fallback.version_id != champion.version_id]
    contenders.sort(key=lambda contender: contender.day, reverse=True)
    are_calibrated = not _tail_problems(state.contests.challenger_tails, settings)
    for contender in contenders if are_calibrated else ():
        if not find_faults(contender, settings):
            return Decision(
                coin=state.coin,
                day=state.day,
                verdict=Verdict.ROLLBACK,
                version_id=contender.version_id,
                reason=f"{why}; back to the newest sound version, of {contender.day}",
                contests=state.contests,
                broken_id=champion.version_id,
            )
    return _none(state, f"{why}; no sound version is left to go back to", broken=champion.version_id)


def _judge(state: CoinState, champion: Contender, challenger: Contender, settings: TradingSettings) -> Decision:
    evidence, who = state.contests.challenger, f"challenger of {challenger.day}"
    opponent = f"champion of {champion.day}"
    if evidence.opponent == REFERENCE:  # the horizon was changed: losses over an hour and over four cannot be compared
        opponent = "reference, as the champion has another horizon or other quantiles"
    if not _has_passed(evidence, settings):
        so_far = evidence_in_words(evidence, 1 / settings.promotion_significance)
        return _hold(state, champion, f"{who} is not shown to be better than the {opponent}: {so_far}", challenger)
    faults = (*find_faults(challenger, settings), *_tail_problems(state.contests.challenger_tails, settings))
    if faults:
        return _hold(state, champion, f"{who} is not sound: {'; '.join(faults)}", challenger)
    return _promote(state, challenger, f"{who} is better than the {opponent}: {evidence_in_words(evidence)}")


def _losses(scores: Sequence[ForecastScore]) -> Array:
    return np.array([block for score in scores for block in score.blocks], dtype=np.float64)  # None becomes NaN


def _unconditional_losses(scores: Sequence[ForecastScore]) -> Array:
    return np.array([block for score in scores for block in score.blocks_unconditional], dtype=np.float64)


def _promote(state: CoinState, contender: Contender, reason: str) -> Decision:
    return Decision(
        coin=state.coin,
        day=state.day,
        verdict=Verdict.PROMOTE,
        version_id=contender.version_id,
        reason=reason,
        challenger_id=contender.version_id,
        contests=state.contests,
    )


def _hold(state: CoinState, champion: Contender, reason: str, challenger: Contender | None = None) -> Decision:
    return Decision(
        coin=state.coin,
        day=state.day,
        verdict=Verdict.HOLD,
        version_id=champion.version_id,
        reason=reason,
        challenger_id=challenger.version_id if challenger is not None else None,
        contests=state.contests,
    )


def _none(state: CoinState, reason: str, challenger: Contender | None = None, *, broken: str | None = None) -> Decision:
    return Decision(
        coin=state.coin,
        day=state.day,
        verdict=Verdict.NONE,
        version_id=None,
        reason=reason,
        challenger_id=challenger.version_id if challenger is not None else None,
        contests=state.contests,
        broken_id=broken,
    )
