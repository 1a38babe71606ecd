"""The costs of a fill: fees, slippage and funding as small strategies that are passed in.

No figure is fixed here: each comes from the settings or from the caller.
"""

from dataclasses import dataclass
from math import log
from typing import Protocol

from coin_models.settings.trading import TradingSettings

_BASIS_POINT = 1e-4
_DAY_SECONDS = 86_400


class FeeModel(Protocol):
    """What the exchange takes for a fill."""

    def fee_usd(self, notional_usd: float) -> float:
        """Fee of a fill of this (positive) notional, in USD; never negative."""
        ...


class SlippageModel(Protocol):
    """How much worse than the quoted price a market order fills."""

    def fill_price(self, quoted: float, direction: int) -> float:
        """Price of the fill; `direction` is +1 for a buy, -1 for a sale. Never better than quoted."""
        ...


class FundingModel(Protocol):
    """What holding a position costs."""

    def funding_usd(self, notional_usd: float, side: int, held_seconds: float) -> float:
        """USD paid (negative: earned) for holding; `side` is +1 for long, -1 for short."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ProportionalFee:
    """The same share of every fill."""

    bps: float

    def fee_usd(self, notional_usd: float) -> float:
        """`bps` of the notional."""
        return notional_usd * self.bps * _BASIS_POINT


@dataclass(frozen=True, slots=True, kw_only=True)
class ProportionalSlippage:
    """The same share of the price, against the trade."""

    bps: float

    def fill_price(self, quoted: float, direction: int) -> float:
        """`bps` above the quoted price for a buy, below it for a sale."""
        return quoted * (1 + direction * self.bps * _BASIS_POINT)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearFunding:
    """A constant rate: longs pay it, shorts earn it, by the second."""

    bps_per_day: float

    def funding_usd(self, notional_usd: float, side: int, held_seconds: float) -> float:
        """`bps_per_day` of the notional per day held, paid by longs."""
        return side * notional_usd * self.bps_per_day * _BASIS_POINT * held_seconds / _DAY_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingCosts:
    """The three costs of a trade."""

    fee: FeeModel
    slippage: SlippageModel
    funding: FundingModel

    def round_trip(self, side: int, held_seconds: float) -> float:
        """The log return that a position must earn to pay for both of its fills and for being held.

        Asked of the strategies themselves, with one dollar at a price of one: a new strategy needs no second formula.
        """
        slipped = self.slippage.fill_price(1.0, +1) / self.slippage.fill_price(1.0, -1)
        paid = 2 * self.fee.fee_usd(1.0) + max(self.funding.funding_usd(1.0, side, held_seconds), 0.0)
        return log(slipped) + paid


def build_costs(settings: TradingSettings) -> TradingCosts:
    """The costs that the settings state."""
    return TradingCosts(
        fee=ProportionalFee(bps=settings.fee_bps),
        slippage=ProportionalSlippage(bps=settings.slippage_bps),
        funding=LinearFunding(bps_per_day=settings.funding_bps_per_day),
    )
