"""Settings of costs: prices of machines, chances of interruption, and notification channels.

Prices and published figures are data, each with the day it was seen.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import Literal, Self

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, SecretStr, model_validator

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

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        for name in ("spot_usd_per_hour", "on_demand_usd_per_hour"):
            low, high = getattr(self, name)
            if low > high:
                raise ValueError(f"{name} of {self.gpu}: {low} to {high} is not a range; give the lowest price first")
        return self


class InterruptionRange(SettingsGroup):
    """Published chance that a spot machine is interrupted within an hour."""

    from_hour: int = Field(ge=0, le=23)
    """First hour of day, UTC."""
    until_hour: int = Field(ge=0, le=23)
    """Hour of day, UTC, before which it ends; may lie past midnight."""
    probability: tuple[float, float]
    """Lowest and highest probability of losing the machine within an hour."""
    seen: date
    """The day the figures were seen."""

    @property
    def hours(self) -> tuple[int, ...]:
        """The hours of day that it covers."""
        length = (self.until_hour - self.from_hour) % 24 or 24
        return tuple((self.from_hour + step) % 24 for step in range(length))

    @model_validator(mode="after")
    def _is_range(self) -> Self:
        low, high = self.probability
        if not 0 < low <= high < 1:
            raise ValueError(f"probability {low} to {high} is not a range within 0 and 1")
        return self


class PublishedRun(SettingsGroup):
    """How long a night's training was said to take: what is planned with until there is a measurement."""

    num_coins: PositiveInt | None = None
    """Coins trained; unset: all of them."""
    hours: tuple[PositiveFloat, PositiveFloat]
    """Shortest and longest duration."""
    seen: date
    """The day the figures were seen."""


_SEEN = date(2025, 11, 1)
_CHANNEL = re.compile(r"[a-z][a-z0-9]*://", re.IGNORECASE)
_WEB = re.compile(r"https?://[^/\s]+\S*")
_TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def _price_problems(settings: "CostSettings") -> Iterator[str]:
    if settings.market in ("spot", "on-demand") and settings.price_usd_per_hour == 0:
        yield f"market {settings.market!r} needs price_usd_per_hour: a rented machine is not free"


def _deadline_problems(settings: "CostSettings") -> Iterator[str]:
    if not _TIME_OF_DAY.fullmatch(settings.deadline):
        yield f"deadline {settings.deadline!r} is not a time of day; use HH:MM, such as 08:00"


def _hours_problems(settings: "CostSettings") -> Iterator[str]:
    if sorted(hour for part in settings.interruption_ranges for hour in part.hours) != list(range(24)):
        yield "interruption_ranges must cover each hour of the day exactly once"


def _planned_gpu_problems(settings: "CostSettings") -> Iterator[str]:
    if settings.planned_gpu not in {price.gpu for price in settings.prices}:
        yield f"planned_gpu {settings.planned_gpu!r} has no row in prices"


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
        MachinePrice(gpu="RTX 3090", spot_usd_per_hour=(0.15, 0.25), on_demand_usd_per_hour=(0.50, 0.70), seen=_SEEN),
    )
    """Published prices per machine type."""
    interruption_ranges: tuple[InterruptionRange, ...] = (
        InterruptionRange(from_hour=2, until_hour=8, probability=(0.05, 0.10), seen=_SEEN),
        InterruptionRange(from_hour=8, until_hour=20, probability=(0.10, 0.20), seen=_SEEN),
        InterruptionRange(from_hour=20, until_hour=2, probability=(0.20, 0.30), seen=_SEEN),
    )
    """Published chances of an interruption of a spot machine, by hour of day; together they cover the day once."""
    interruption_prior_hours: PositiveFloat = 20.0
    """Machine-hours of our own that the published chances count for, at each hour of day."""
    published_runs: tuple[PublishedRun, ...] = (
        PublishedRun(num_coins=20, hours=(1.0, 2.0), seen=_SEEN),
        PublishedRun(hours=(4.0, 8.0), seen=_SEEN),
    )
    """Published durations of a night's training."""
    startup_seconds: NonNegativeFloat = 90.0
    """Billed seconds from renting a machine until its first training step, until they are measured."""
    replacement_seconds: NonNegativeFloat = 300.0
    """Seconds from an interruption of a spot machine until the next one is rented; not billed."""
    checkpoint_seconds: PositiveFloat = 0.5
    """Seconds that training waits for a checkpoint, until they are measured."""

    rules = (_price_problems, _deadline_problems, _hours_problems, _planned_gpu_problems)


def _channel_problems(settings: "NotifySettings") -> Iterator[str]:
    # By number: a URL's scheme is shown as its channel's name, so what has none may not pass for one.
    bad = [n for n, url in enumerate(settings.urls, start=1) if not _CHANNEL.match(url.get_secret_value())]
    if bad:
        yield f"urls: number {', '.join(map(str, bad))} is not an apprise URL such as tgram://BOTTOKEN/CHATID"
    if settings.heartbeat_url is not None and not _WEB.match(settings.heartbeat_url.get_secret_value()):
        yield "heartbeat_url: it is not the URL of a monitor, such as https://hc-ping.com/UUID"


def _bot_problems(settings: "NotifySettings") -> Iterator[str]:
    if (settings.telegram_bot_token is None) != (settings.telegram_chat_id is None):
        yield "telegram_bot_token and telegram_chat_id must be given together"
    if not _WEB.match(settings.telegram_api_url) or {"@", "?"} & set(settings.telegram_api_url):
        yield "telegram_api_url is not a URL such as https://api.telegram.org, without credentials and query"


class NotifySettings(SettingsGroup):
    """`COIN_MODELS_NOTIFY_*`: channels, as apprise URLs, and how often they may be used."""

    urls: tuple[SecretStr, ...] = ()
    """apprise URLs, comma-separated, such as tgram://BOTTOKEN/CHATID. Secret."""
    heartbeat_url: SecretStr | None = None
    """URL of a monitor such as healthchecks.io: requested when a day is complete, with /fail behind it when a day is late. The
    monitor raises the alarm when it hears nothing. Secret."""
    telegram_bot_token: SecretStr | None = None
    """Token of the bot that `coin-models notify bot` answers with, for `telegram_chat_id` alone. Secret."""
    telegram_chat_id: int | None = None
    """The one chat that the bot answers: a number, negative for a group."""
    telegram_api_url: str = "https://api.telegram.org"
    """Base URL of Telegram's Bot API; another one for a server of your own."""
    burst_minutes: PositiveFloat = 30.0
    """Interruptions and resumes less than this apart are one burst: one message at its start, another at its end."""
    timeout_seconds: PositiveFloat = 4.0
    """Longest wait for a channel to connect, and again for its answer."""
    retry_seconds: PositiveFloat = 30.0
    """Wait after a message's first failed delivery; doubles with each further one, up to an hour."""
    max_attempts: int = Field(default=12, ge=1)
    """Deliveries tried, with backoff, before a message is dropped and reported by `doctor`."""

    rules = (_channel_problems, _bot_problems)

    @property
    def has_channel(self) -> bool:
        """Whether there is anywhere to send a message."""
        return bool(self.urls) or self.heartbeat_url is not None
