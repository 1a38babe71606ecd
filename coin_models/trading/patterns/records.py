"""The record of the shapes that are kept: what followed their occurrences, over all coins and in each, and their trades.

Only what is kept is tested. What is kept is chosen by when and how often it occurs, never by what followed, so the
tests of the others need not count as trials.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coin_models.trading.patterns.library import PatternTrade
from coin_models.trading.patterns.occurrences import Occurrences
from coin_models.trading.patterns.outcomes import PatternOutcome, correct_for_trials, measure_outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What followed a shape."""

    outcome: PatternOutcome  # over all coins
    outcome_by_coin: Mapping[str, PatternOutcome]  # those in which it occurs
    num_trades: int  # decided within one horizon after an occurrence
    trades_pnl_usd: float


def make_records(
    shapes: Sequence[Sequence[Occurrences]], trades: Iterable[PatternTrade], *, min_matches: int, horizon: int
) -> list[Record]:
    """The record of each shape, all tests corrected together.

    Args:
        shapes: of each shape its occurrences in each coin.
        trades: shadow trades of the same days.
        min_matches: occurrences below which nothing is tested.
        horizon: candles after an occurrence within which a trade belongs to it.
    """
    overall = [_measure(coins, min_matches) for coins in shapes]
    by_coin = [{one.coin: _measure([one], min_matches) for one in coins if len(one)} for coins in shapes]
    corrected = iter(correct_for_trials([*overall, *(outcome for coins in by_coin for outcome in coins.values())]))
    overall = [next(corrected) for _ in overall]
    each = [{coin: next(corrected) for coin in coins} for coins in by_coin]
    by_name = _by_coin(trades)
    records = []
    for coins, outcome, outcomes in zip(shapes, overall, each, strict=True):
        pnls = [_pnl_of_followers(by_name[one.coin], one, horizon) for one in coins if one.coin in by_name]
        records.append(
            Record(
                outcome=outcome,
                outcome_by_coin=outcomes,
                num_trades=sum(len(pnl) for pnl in pnls),
                trades_pnl_usd=float(sum(pnl.sum() for pnl in pnls)),
            )
        )
    return records


def _measure(coins: Sequence[Occurrences], min_matches: int) -> PatternOutcome:
    return measure_outcome(
        np.concatenate([one.outcome for one in coins]),
        np.concatenate([one.scaled for one in coins]),
        np.concatenate([one.day_number for one in coins]),
        min_matches=min_matches,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _CoinTrades:
    """One coin's trades as arrays."""

    decided_ms: npt.NDArray[np.int64]
    pnl_usd: npt.NDArray[np.float64]


def _by_coin(trades: Iterable[PatternTrade]) -> dict[str, _CoinTrades]:
    grouped: dict[str, list[PatternTrade]] = {}
    for trade in trades:
        grouped.setdefault(trade.coin, []).append(trade)
    return {
        coin: _CoinTrades(
            decided_ms=np.array([int(trade.decided_at.timestamp() * 1000) for trade in mine], dtype=np.int64),
            pnl_usd=np.array([trade.pnl_usd for trade in mine], dtype=np.float64),
        )
        for coin, mine in grouped.items()
    }


def _pnl_of_followers(trades: _CoinTrades, here: Occurrences, horizon: int) -> npt.NDArray[np.float64]:
    """P&L of the trades decided within one horizon after an occurrence."""
    times_ms = here.end_ms
    newest = np.searchsorted(times_ms, trades.decided_ms, side="right") - 1
    after_ms = trades.decided_ms - times_ms[np.maximum(newest, 0)] if len(times_ms) else trades.decided_ms
    return trades.pnl_usd[(newest >= 0) & (after_ms <= horizon * here.step_ms)]
