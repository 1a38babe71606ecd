"""Simulates shadow trading of one coin over one day, candle by candle, as if live.

The timeline of candle k: orders decided at the close of k-1 fill at its open; a resting stop may fill within it; at its
close the forecast of k is read and the next orders are decided. Nothing later than k is used for that.
Each day starts and ends flat, on the same equity, so that any day can be traded again, in any order, to the same rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from coin_models.market.candles import CLOSE, HIGH, LOW, OPEN, Candles
from coin_models.market.timeframe import DAY_MS, datetime_of_ms
from coin_models.trading.costs import TradingCosts
from coin_models.trading.forecasts import Forecasts
from coin_models.trading.policy import PolicyRules, Signals, read_signals
from coin_models.trading.trades import ExitReason, Fill, Trade, make_fill


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """Open a position at the next candle's open, if that candle follows at once."""

    side: int
    notional_usd: float
    stop_distance: float
    decided_ms: int
    forecast: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Position:
    entry: Fill
    order: _Order
    entered_index: int
    stop: float
    clock_ms: int  # the forecast that last supported it; the horizon runs from here


class _Day:
    """The moving parts of one simulated day."""

    def __init__(
        self, candles: Candles, forecasts: Forecasts, signals: Signals, costs: TradingCosts, equity_usd: float
    ) -> None:
        self.trades: list[Trade] = []
        self._candles, self._forecasts, self._signals = candles, forecasts, signals
        self._costs, self._equity_usd = costs, equity_usd
        self._position: _Position | None = None
        self._order: _Order | None = None
        self._exit_pending: ExitReason | None = None
        self._tf_ms = candles.timeframe.ms
        self._horizon_ms = forecasts.horizon * self._tf_ms
        self._day_end_ms = (int(candles.open_time_ms[0]) // DAY_MS + 1) * DAY_MS

    def run(self) -> tuple[Trade, ...]:
        for k in range(len(self._candles)):
            self._fill_at_open(k)
            self._fill_stop(k)
            self._decide_at_close(k)
        if self._position is not None:
            last = len(self._candles) - 1
            self._close(
                self._position, ExitReason.DAY_END, last, self._close_ms(last), self._price(last, CLOSE), inside=True
            )
        return tuple(self.trades)

    def _fill_at_open(self, k: int) -> None:
        opened_ms = int(self._candles.open_time_ms[k])
        if self._exit_pending is not None and self._position is not None:
            self._close(self._position, self._exit_pending, k, opened_ms, self._price(k, OPEN), inside=False)
        if self._order is not None and self._order.decided_ms == opened_ms:
            self._open(self._order, k, opened_ms)
        self._order = self._exit_pending = None  # an entry waits for no later candle: its forecast would be stale

    def _fill_stop(self, k: int) -> None:
        position = self._position
        if position is None:
            return
        side, stop = position.order.side, position.stop
        touched = self._price(k, LOW) <= stop if side > 0 else self._price(k, HIGH) >= stop
        if not touched:
            return
        opened = self._price(k, OPEN)
        quoted = min(opened, stop) if side > 0 else max(opened, stop)  # a gap through the stop fills at the open
        self._close(position, ExitReason.STOP, k, self._close_ms(k), quoted, inside=True)

    def _decide_at_close(self, k: int) -> None:
        now_ms = self._close_ms(k)
        side = int(self._signals.side[k])
        room = now_ms + self._horizon_ms < self._day_end_ms  # the horizon's exit still fills on this day
        wanted = side if room else 0
        position = self._position
        if position is None:
            self._order = self._new_order(k, wanted)
        elif side == -position.order.side:
            self._exit_pending = ExitReason.REVERSAL
            self._order = self._new_order(k, wanted)
        elif now_ms - position.clock_ms >= self._horizon_ms:
            if wanted == position.order.side:  # closing to open the same again would only pay the costs twice
                self._position = replace(position, clock_ms=now_ms)
            else:
                self._exit_pending = ExitReason.HORIZON

    def _new_order(self, k: int, side: int) -> _Order | None:
        if side == 0:
            return None
        return _Order(
            side=side,
            notional_usd=float(self._signals.fraction[k]) * self._equity_usd,
            stop_distance=float(self._signals.stop_distance[k]),
            decided_ms=self._close_ms(k),
            forecast=self._forecasts.row(k),
        )

    def _open(self, order: _Order, k: int, at_ms: int) -> None:
        quoted = self._price(k, OPEN)
        entry = make_fill(
            self._costs,
            at=datetime_of_ms(at_ms),
            direction=order.side,
            quantity=order.notional_usd / quoted,
            quoted=quoted,
        )
        stop = quoted * (1 - order.side * min(order.stop_distance, 0.99))
        self._position = _Position(entry=entry, order=order, entered_index=k, stop=stop, clock_ms=order.decided_ms)

    def _close(
        self, position: _Position, reason: ExitReason, k: int, at_ms: int, quoted: float, *, inside: bool
    ) -> None:
        """Closes at a quoted price; `inside`: the position was held in candle k, not only up to its open."""
        entry, order = position.entry, position.order
        at = datetime_of_ms(at_ms)
        exit_fill = make_fill(self._costs, at=at, direction=-order.side, quantity=entry.quantity, quoted=quoted)
        held_seconds = (at - entry.at).total_seconds()
        self.trades.append(
            Trade(
                side=order.side,
                decided_at=datetime_of_ms(order.decided_ms),
                entry=entry,
                exit=exit_fill,
                funding_usd=self._costs.funding.funding_usd(entry.notional_usd, order.side, held_seconds),
                exit_reason=reason,
                num_candles_held=k - position.entered_index + int(inside),
                forecast=order.forecast,
            )
        )
        self._position = None

    def _price(self, k: int, column: int) -> float:
        return float(self._candles.ohlcv[k, column])

    def _close_ms(self, k: int) -> int:
        return int(self._candles.open_time_ms[k]) + self._tf_ms


def simulate_day(
    candles: Candles, forecasts: Forecasts, *, rules: PolicyRules, costs: TradingCosts, equity_usd: float
) -> tuple[Trade, ...]:
    """The trades that these forecasts would have made on one day's candles, in order of entry.

    Args:
        candles: the candles of one UTC day, gaps allowed.
        forecasts: one row per candle, made at its close.
        equity_usd: what positions are sized on.

    Raises:
        ValueError: the forecasts do not match the candles, or the candles span two days.
    """
    if len(forecasts) != len(candles):
        raise ValueError(f"one forecast per candle: found {len(forecasts)} forecasts and {len(candles)} candles")
    if len(candles) == 0:
        return ()
    if len(candles.days) != 1:
        raise ValueError(f"a shadow day holds the candles of one UTC day; found {len(candles.days)} days")
    signals = read_signals(forecasts, rules, costs, candle_seconds=candles.timeframe.seconds)
    return _Day(candles, forecasts, signals, costs, equity_usd).run()
