"""What goes in and out of the service, as OpenAPI describes it."""

from datetime import datetime
from typing import Final, Literal

from pydantic import BaseModel, Field

MAX_CANDLES: Final = 20_000
"""Ten weeks of five minutes; a forecast needs four days."""


class CandlesBody(BaseModel):
    """A caller's own candles."""

    candles: list[tuple[float, float, float, float, float, float]] = Field(max_length=MAX_CANDLES)
    """Closed candles, ascending: [epoch milliseconds of the open, open, high, low, close, volume], as ccxt's `fetch_ohlcv` gives
    them without the last one, which still forms."""


class ForecastAnswer(BaseModel):
    """Quantiles of a coin's price one horizon after the newest candle, and how old is what they were made from."""

    coin: str
    version_id: str = Field(description="The version of the model that made all of it.")
    forecaster: Literal["champion", "reference", "pool"] = Field(
        description="reference: the coin has no champion yet; pool: it is too young for a version, so other coins' references do."
    )
    made_at: datetime = Field(description="Close of the last candle that it saw, UTC.")
    valid_until: datetime = Field(description="The moment of the forecast, UTC.")
    price: float = Field(description="Close of that candle, in the quote asset.")
    returns: dict[str, float] = Field(description="Quantile level to simple return, a fraction.")
    prices: dict[str, float] = Field(description="Quantile level to price in the quote asset.")
    candles_age_seconds: float = Field(description="Seconds since the last candle closed.")
    model_age_days: int = Field(description="Days since the last day that the model was fitted on.")


class CoinFailure(BaseModel):
    """A coin that could not be forecast."""

    coin: str
    error: str = Field(description="One sentence.")
    is_stale: bool = Field(description="Its newest candle closed more than two candles ago.")


class ForecastsAnswer(BaseModel):
    """The forecasts of several coins, all from the models of one moment."""

    forecasts: list[ForecastAnswer]
    failures: list[CoinFailure]


class HealthAnswer(BaseModel):
    """Whether the service forecasts, and follows the champions."""

    status: Literal["ok", "no models"]
    version: str = Field(description="Of coin_models.")
    coins: int = Field(description="Coins that a model in memory forecasts.")
    without_model: int = Field(description="Coins of the universe that nothing forecasts.")
    champions_age_seconds: float = Field(description="Seconds since the champions were last read.")
    champions_error: str | None = Field(description="Why they could not be read since.")


class ErrorAnswer(BaseModel):
    """Why a request was not answered."""

    detail: str = Field(description="One sentence: what was tried, what was found, what to do.")
