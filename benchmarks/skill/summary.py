"""What a walk says: skill by forecaster, coin, month and volatility, and which differences are more than chance.

Skill is 1 - mean loss / mean loss of a base, by coin, then averaged over coins, so that a wild coin does not outweigh the
others. Coins share their days: tests count days, not losses.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import statsmodels.api as sm
from arch.bootstrap import MCS

from benchmarks.skill.forecaster import Array
from benchmarks.skill.walk import Walk

BASES: Final = ("unconditional", "scaled", "reference")
_LAGS: Final = 7  # days whose losses may depend on each other
_MCS_SIZE: Final = 0.1
_MCS_SEED: Final = 20_240_815


def summarise(walk: Walk, subject: str = "published") -> dict[str, Any]:
    """Everything that the page and the table show, as JSON can hold it."""
    names, coins = walk.names, walk.span.coins
    daily = daily_losses(walk)
    return {
        "first_day": str(walk.span.days[0]),
        "last_day": str(walk.span.last_day),
        "fit_every_days": walk.span.fit_every,
        "coins": list(coins),
        "skill_over": {base: {name: skill(walk, name, base) for name in names if name != base} for base in BASES},
        "by_coin": {coin: {name: 1 - _ratio(walk, name, "unconditional", coin) for name in names} for coin in coins},
        "by_month": {
            month: {name: skill(walk, name, "scaled", days) for name in names} for month, days in _months(walk).items()
        },
        "by_volatility": by_volatility(walk),
        "by_fit": by_fit(walk, subject),
        "against": {name: _against(daily, names, subject, name) for name in names if name != subject},
        "model_confidence_set": confidence_set(daily, names),
        "fit_seconds": {name: round(seconds, 1) for name, seconds in walk.fit_seconds.items()},
    }


def skill(walk: Walk, name: str, base: str, days: slice = slice(None)) -> float:
    """Mean over coins."""
    return float(np.mean([1 - _ratio(walk, name, base, coin, days) for coin in walk.span.coins]))


def daily_losses(walk: Walk) -> Array:
    """(D, F) mean loss of each day in units of each coin's unconditional loss, mean over coins; days without rows left out."""
    columns = []
    for name in walk.names:
        of_coins = []
        for coin in walk.span.coins:
            base = walk.mean_loss("unconditional", coin)
            of_coins.append([float(day.mean()) / base if len(day) else np.nan for day in walk.losses[name, coin]])
        columns.append(np.nanmean(np.array(of_coins), axis=0))
    losses = np.stack(columns, axis=1)
    whole: Array = losses[np.isfinite(losses).all(axis=1)]
    return whole


def by_volatility(walk: Walk) -> dict[str, dict[str, float]]:
    """Skill over `scaled` in each quarter of the rows by their volatility, coin by coin."""
    quarters: dict[str, dict[str, float]] = {}
    volatility = {coin: np.concatenate(days) for coin, days in walk.volatility.items()}
    quarter_of = {coin: np.searchsorted(np.quantile(v, [0.25, 0.5, 0.75]), v) for coin, v in volatility.items()}
    for number, label in enumerate(("calmest", "calm", "wild", "wildest")):
        quarters[label] = {}
        for name in walk.names:
            ratios = []
            for coin in walk.span.coins:
                rows = quarter_of[coin] == number
                own = np.concatenate(walk.losses[name, coin])[rows].mean()
                ratios.append(own / np.concatenate(walk.losses["scaled", coin])[rows].mean())
            quarters[label][name] = float(1 - np.mean(ratios))
    return quarters


def by_fit(walk: Walk, subject: str) -> dict[str, Any]:
    """Mean skill over `scaled` of each fit, and how the subject fares against each rival over the fits."""
    every, num_days = walk.span.fit_every, walk.span.num_days
    fits = [slice(first, min(first + every, num_days)) for first in range(0, num_days, every)]
    gains = {
        name: np.array([skill(walk, subject, name, fit) for fit in fits]) for name in walk.names if name != subject
    }
    return {
        "skill_over_scaled": {
            name: [round(skill(walk, name, "scaled", fit), 4) for fit in fits] for name in walk.names
        },
        "better_in": {name: int((gain > 0).sum()) for name, gain in gains.items()},
        "fits": len(fits),
    }


def confidence_set(daily: Array, names: Sequence[str]) -> dict[str, float]:
    """p of each forecaster in the model confidence set (Hansen, Lunde & Nason 2011): below 0.1 it is not among the best."""
    result = MCS(daily, size=_MCS_SIZE, block_size=_LAGS, seed=_MCS_SEED)
    result.compute()
    return {names[index]: float(p) for index, p in zip(result.pvalues.index, result.pvalues["Pvalue"], strict=True)}


def _against(daily: Array, names: Sequence[str], subject: str, rival: str) -> dict[str, float | int]:
    """Difference of daily losses, with Newey-West errors over a week: positive is better than the rival."""
    difference = daily[:, names.index(rival)] - daily[:, names.index(subject)]
    fitted = sm.OLS(difference, np.ones(len(difference))).fit(cov_type="HAC", cov_kwds={"maxlags": _LAGS})
    low, high = fitted.conf_int(alpha=0.1)[0]
    return {
        "better_by": float(difference.mean()),
        "low": float(low),
        "high": float(high),
        "t": float(fitted.tvalues[0]),
        "days_better": int((difference > 0).sum()),
        "days": len(difference),
    }


def _ratio(walk: Walk, name: str, base: str, coin: str, days: slice = slice(None)) -> float:
    return walk.mean_loss(name, coin, days) / walk.mean_loss(base, coin, days)


def _months(walk: Walk) -> dict[str, slice]:
    months = [f"{day:%Y-%m}" for day in walk.span.days]
    return {
        month: slice(months.index(month), len(months) - months[::-1].index(month)) for month in dict.fromkeys(months)
    }
