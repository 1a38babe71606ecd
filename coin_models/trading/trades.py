"""A shadow trade as a value, and the money arithmetic of its two fills."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from coin_models.trading.costs import TradingCosts


class Role(StrEnum):
    """As what a version traded."""

    CHAMPION = "champion"
    REFERENCE = "reference"  # the version's reference alone: it forecasts while the coin has no champion
    CHALLENGER = "challenger"  # judged against the champion, without one against the reference


class ExitReason(StrEnum):
    """Why a position was closed."""

    HORIZON = "horizon"
    STOP = "stop"
    REVERSAL = "reversal"
    DAY_END = "day-end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trader:
    """The version that trades a coin on a day, and as what."""

    coin: str
    day: date
    role: Role
    version_id: str
    resumed: bool  # the version was fitted across an interruption


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """One side of a trade: what was quoted, what was paid."""

    at: datetime
    direction: int  # +1 buy, -1 sale
    quantity: float  # of the base asset, positive
    quoted: float
    price: float  # after slippage
    fee_usd: float

    @property
    def notional_usd(self) -> float:
        """What changed hands."""
        return self.quantity * self.price

    @property
    def slippage_usd(self) -> float:
        """What filling at another price than the quoted one cost."""
        return self.direction * self.quantity * (self.price - self.quoted)

    @property
    def cash_usd(self) -> float:
        """What the account gained by it, before the fee: negative for a buy."""
        return -self.direction * self.notional_usd


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """A closed position. `pnl_usd` = cash of both fills - fees - funding = gross - slippage - fees - funding."""

    side: int  # +1 long, -1 short
    decided_at: datetime  # close of the candle whose forecast opened it
    entry: Fill
    exit: Fill
    funding_usd: float
    exit_reason: ExitReason
    num_candles_held: int
    forecast: Mapping[str, float]  # quantile level -> log return

    def __post_init__(self) -> None:
        if not self.decided_at <= self.entry.at <= self.exit.at:
            raise ValueError(f"a trade is decided, entered, exited in this order; found {self}")
        if self.entry.direction != self.side or self.exit.direction != -self.side:
            raise ValueError(f"the fills of a trade go with its side, then against it; found {self}")

    @property
    def fees_usd(self) -> float:
        """Fees of both fills."""
        return self.entry.fee_usd + self.exit.fee_usd

    @property
    def slippage_usd(self) -> float:
        """Slippage of both fills, already in their prices."""
        return self.entry.slippage_usd + self.exit.slippage_usd

    @property
    def gross_pnl_usd(self) -> float:
        """What the quoted prices alone would have earned."""
        return self.side * self.entry.quantity * (self.exit.quoted - self.entry.quoted)

    @property
    def pnl_usd(self) -> float:
        """What is left after fees, slippage and funding."""
        return self.entry.cash_usd + self.exit.cash_usd - self.fees_usd - self.funding_usd


def make_fill(costs: TradingCosts, *, at: datetime, direction: int, quantity: float, quoted: float) -> Fill:
    """A market order's fill at a quoted price, with its costs."""
    price = costs.slippage.fill_price(quoted, direction)
    return Fill(
        at=at,
        direction=direction,
        quantity=quantity,
        quoted=quoted,
        price=price,
        fee_usd=costs.fee.fee_usd(quantity * price),
    )
