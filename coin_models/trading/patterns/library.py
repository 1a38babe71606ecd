"""The library of shapes on a day: the previous library without expired shapes, with those of the new day's windows.

The library of day D is a function of the newest earlier library and of the candles up to the end of D: running D
again gives the same library. Shapes belong to no coin: one found in BTC is searched in all coins, and its record is
kept per coin and over all of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import numpy.typing as npt

from coin_models.market.timeframe import datetime_of_ms, day_of_ms, day_start_ms
from coin_models.settings.trading import TradingSettings
from coin_models.trading.patterns.discovery import Shapes, find_matches, find_motifs, matrix_profile, spread_out
from coin_models.trading.patterns.outcomes import PatternOutcome, correct_for_trials, measure_outcome
from coin_models.trading.patterns.windows import CoinWindows

_NEAREST = 3  # patterns reported per coin


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternTrade:
    """A shadow trade, as far as patterns need it."""

    coin: str
    decided_at: datetime
    pnl_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A recurring shape with its record over the recent window, in all coins and in each."""

    id: str  # coin and day it was found, and its number: BTC-2024-08-15-1
    found_in: str
    found_on: date
    shape: tuple[float, ...]  # z-normalised log closes, one per candle
    first_seen: datetime  # close of the window at which it was first recognised
    last_seen: datetime
    outcome: PatternOutcome  # over all coins
    outcome_by_coin: Mapping[str, PatternOutcome]
    num_trades: int  # shadow trades decided within one horizon after an occurrence
    trades_pnl_usd: float

    def is_significant(self, false_discovery_rate: float) -> bool:
        """Whether what follows it, over all coins, differs from chance at this false discovery rate."""
        return self.outcome.q_value is not None and self.outcome.q_value <= false_discovery_rate


@dataclass(frozen=True, slots=True, kw_only=True)
class NearPattern:
    """How near a coin's last window of the day is to a pattern."""

    coin: str
    rank: int  # 1: the nearest
    pattern_id: str
    correlation: float
    active: bool  # near enough to count as an occurrence


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """The patterns on a day, and those that are near at its end."""

    day: date
    patterns: tuple[Pattern, ...]
    nearest: tuple[NearPattern, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """A shape before its record is known."""

    id: str
    found_in: str
    found_on: date
    unit: Shapes  # (m,)
    first_seen: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Match:
    """Where a shape occurs in one coin."""

    windows: CoinWindows
    index: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _CoinTrades:
    """One coin's trades as arrays."""

    decided_ms: npt.NDArray[np.int64]
    pnl_usd: npt.NDArray[np.float64]


def update_library(
    previous: Library | None,
    day: date,
    windows: Sequence[CoinWindows],
    settings: TradingSettings,
    *,
    horizon: int,
    trades: Iterable[PatternTrade] = (),
) -> Library:
    """The library at the end of `day`.

    Args:
        previous: the newest library of an earlier day; None: the whole window is searched for motifs, once.
        windows: each coin's windows over the recent `pattern_window_days`, none ending after `day`.
        horizon: candles of the outcome, for the trades that belong to an occurrence.
        trades: shadow trades of the same days.

    Raises:
        ValueError: the previous library is not of an earlier day, or windows end after the day.
    """
    if previous is not None and previous.day >= day:
        raise ValueError(f"the library of {day} cannot follow one of {previous.day}")
    late = [one.coin for one in windows if len(one) and day_of_ms(int(one.end_ms[-1]) - 1) > day]
    if late:
        raise ValueError(f"windows of {', '.join(late)} end after {day}: a library must not look ahead")
    before = previous.patterns if previous else ()
    drafts = [_draft(pattern) for pattern in before if not windows or len(pattern.shape) == windows[0].length]
    for one in windows:
        drafts.extend(_new_drafts(one, drafts, previous.day if previous else None, day, settings))
    patterns = _with_records(drafts, windows, _by_coin(trades), settings, horizon)
    kept = _expire(patterns, day, settings)
    return Library(day=day, patterns=tuple(kept), nearest=tuple(_nearest(kept, windows, day, settings)))


def _draft(pattern: Pattern) -> _Draft:
    unit = np.array(pattern.shape, dtype=np.float32)
    return _Draft(
        id=pattern.id,
        found_in=pattern.found_in,
        found_on=pattern.found_on,
        unit=unit / np.linalg.norm(unit),
        first_seen=pattern.first_seen,
    )


def _new_drafts(
    windows: CoinWindows, drafts: Sequence[_Draft], since: date | None, day: date, settings: TradingSettings
) -> list[_Draft]:
    first_ms = day_start_ms(since + timedelta(days=1)) if since is not None else 0
    query = spread_out(np.flatnonzero(windows.end_ms > first_ms))
    known = _stack(drafts, windows.length)
    motifs = find_motifs(
        windows,
        matrix_profile(windows, query),
        known=known,
        min_correlation=settings.pattern_min_correlation,
        limit=settings.pattern_motifs_per_coin,
    )
    return [
        _Draft(id=f"{windows.coin}-{day.isoformat()}-{number}", found_in=windows.coin, found_on=day, unit=unit)
        for number, unit in enumerate(motifs, start=1)
    ]


def _with_records(
    drafts: Sequence[_Draft],
    windows: Sequence[CoinWindows],
    trades: Mapping[str, _CoinTrades],
    settings: TradingSettings,
    horizon: int,
) -> list[Pattern]:
    found = _find_all(drafts, windows, settings)
    tests = [_measure(list(matches.values()), settings) for matches in found]
    by_coin = [
        {coin: _measure([match], settings) for coin, match in matches.items() if len(match.index)} for matches in found
    ]
    corrected = iter(correct_for_trials([*tests, *(outcome for coins in by_coin for outcome in coins.values())]))
    overall = [next(corrected) for _ in tests]
    each = [{coin: next(corrected) for coin in coins} for coins in by_coin]
    return [
        _pattern(draft, matches, outcome, coins, trades, horizon)
        for draft, matches, outcome, coins in zip(drafts, found, overall, each, strict=True)
        if outcome.num_matches
    ]


def _find_all(
    drafts: Sequence[_Draft], windows: Sequence[CoinWindows], settings: TradingSettings
) -> list[dict[str, _Match]]:
    shapes = _stack(drafts, windows[0].length if windows else 0)
    found: list[dict[str, _Match]] = [{} for _ in drafts]
    for one in windows:
        for matches, index in zip(found, find_matches(one, shapes, settings.pattern_min_correlation), strict=True):
            matches[one.coin] = _Match(windows=one, index=index)
    return found


def _measure(matches: Sequence[_Match], settings: TradingSettings) -> PatternOutcome:
    return measure_outcome(
        np.concatenate([match.windows.outcome[match.index] for match in matches]),
        np.concatenate([match.windows.scaled[match.index] for match in matches]),
        np.concatenate([match.windows.day_numbers(match.index) for match in matches]),
        min_matches=settings.pattern_min_matches,
    )


def _pattern(
    draft: _Draft,
    matches: Mapping[str, _Match],
    outcome: PatternOutcome,
    outcome_by_coin: Mapping[str, PatternOutcome],
    trades: Mapping[str, _CoinTrades],
    horizon: int,
) -> Pattern:
    times_ms = np.concatenate([match.windows.end_ms[match.index] for match in matches.values()])
    first_seen = datetime_of_ms(int(times_ms.min()))
    pnls = [_pnl_of_followers(mine, matches[coin], horizon) for coin, mine in trades.items() if coin in matches]
    return Pattern(
        id=draft.id,
        found_in=draft.found_in,
        found_on=draft.found_on,
        shape=tuple(float(value) for value in draft.unit * len(draft.unit) ** 0.5),
        first_seen=min(first_seen, draft.first_seen or first_seen),
        last_seen=datetime_of_ms(int(times_ms.max())),
        outcome=outcome,
        outcome_by_coin=outcome_by_coin,
        num_trades=sum(len(pnl) for pnl in pnls),
        trades_pnl_usd=float(sum(pnl.sum() for pnl in pnls)),
    )


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


def _pnl_of_followers(trades: _CoinTrades, match: _Match, horizon: int) -> npt.NDArray[np.float64]:
    """P&L of the trades decided within one horizon after an occurrence."""
    times_ms = match.windows.end_ms[match.index]
    newest = np.searchsorted(times_ms, trades.decided_ms, side="right") - 1
    after_ms = trades.decided_ms - times_ms[np.maximum(newest, 0)] if len(times_ms) else trades.decided_ms
    return trades.pnl_usd[(newest >= 0) & (after_ms <= horizon * match.windows.step_ms)]


def _expire(patterns: Sequence[Pattern], day: date, settings: TradingSettings) -> list[Pattern]:
    """Leaves out what has not been seen for `pattern_expiry_days`; when full, the older sightings, then the newer finds."""
    oldest = datetime_of_ms(day_start_ms(day + timedelta(days=1 - settings.pattern_expiry_days)))
    alive = [pattern for pattern in patterns if pattern.last_seen > oldest]
    alive.sort(key=lambda pattern: (pattern.found_on, -pattern.outcome.num_matches, pattern.id))
    alive.sort(key=lambda pattern: pattern.last_seen.date(), reverse=True)  # stable: the established stay
    return sorted(alive[: settings.pattern_limit], key=lambda pattern: pattern.id)


def _nearest(
    patterns: Sequence[Pattern], windows: Sequence[CoinWindows], day: date, settings: TradingSettings
) -> list[NearPattern]:
    shapes = _stack([_draft(pattern) for pattern in patterns], windows[0].length if windows else 0)
    near = []
    for one in windows:
        if not len(one) or not len(shapes) or day_of_ms(int(one.end_ms[-1]) - 1) != day:
            continue
        correlations = shapes @ one.unit[-1]
        order = np.argsort(-correlations, kind="stable")[:_NEAREST]
        near += [
            NearPattern(
                coin=one.coin,
                rank=rank,
                pattern_id=patterns[k].id,
                correlation=float(correlations[k]),
                active=bool(correlations[k] >= settings.pattern_min_correlation),
            )
            for rank, k in enumerate(order, start=1)
        ]
    return near


def _stack(drafts: Sequence[_Draft], length: int) -> Shapes:
    return np.stack([draft.unit for draft in drafts]) if drafts else np.empty((0, length), np.float32)
