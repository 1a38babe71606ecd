"""Settings of money: what machines cost, and where messages go."""

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import Field, NonNegativeFloat, PositiveFloat, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from coin_models.settings.base import SettingsGroup


class MachinePrice(SettingsGroup):
    """A published price range of one machine type, with the day it was seen: data, not truth."""

    gpu: str
    """Machine or GPU type."""
    provider: str = "runpod"
    """Who rents it out."""
    spot_usd_per_hour: tuple[PositiveFloat, PositiveFloat]
    """Lowest and highest spot price seen."""
    on_demand_usd_per_hour: tuple[PositiveFloat, PositiveFloat]
    """Lowest and highest on-demand price seen."""
    seen: date
    """The day the prices were seen."""


class CostSettings(SettingsGroup):
    """`COIN_MODELS_COSTS_*`: this machine's price and the table of prices the planner compares."""

    provider: str = "local"
    """Provider of this machine."""
    market: Literal["on-demand", "spot", "owned"] = "owned"
    """How this machine is rented."""
    gpu: str | None = None
    """GPU or machine type; unset: detected."""
    price_usd_per_hour: NonNegativeFloat = 0.0
    """Price of this machine per hour; 0 for an owned one."""
    daily_budget_usd: PositiveFloat | None = None
    """Spend per day after which no new cohort is started."""
    deadline: str = "08:00"
    """Time of day, UTC, by which a day's models should be ready."""
    planned_gpu: str = "RTX 3090"
    """Machine type of `prices` that the planner plans with."""
    prices: tuple[MachinePrice, ...] = (
        MachinePrice(
            gpu="RTX 3090", spot_usd_per_hour=(0.15, 0.25), on_demand_usd_per_hour=(0.50, 0.70), seen=date(2025, 11, 1)
        ),
    )
    """Published prices per machine type."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.market == "spot" and self.price_usd_per_hour == 0:
            raise ValueError("market 'spot' needs price_usd_per_hour: a rented machine is not free")
        return self


class NotifySettings(SettingsGroup):
    """`COIN_MODELS_NOTIFY_*`: channels, as apprise URLs, and how often they may be used."""

    urls: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    """apprise URLs, comma-separated, such as tgram://BOTTOKEN/CHATID. Secret."""
    storm_minutes: PositiveFloat = 30.0
    """Interruptions and resumes within this many minutes share one message."""
    max_attempts: int = Field(default=12, ge=1)
    """Deliveries tried, with backoff, before a message is given up and reported by `doctor`."""

    @field_validator("urls", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value
