"""Settings of a fleet: the broker through which several machines share the runs."""

from collections.abc import Iterator
from typing import Final

from pydantic import Field, PositiveInt, SecretStr

from coin_models.settings.base import SettingsGroup

ANY_QUEUE: Final = "any"
"""The queue of runs that any worker may take."""

_SCHEMES = ("redis://", "rediss://")


def _broker_problems(settings: "FleetSettings") -> Iterator[str]:
    # Nothing of it is quoted: it holds a password.
    if settings.broker_url is not None and not settings.broker_url.get_secret_value().startswith(_SCHEMES):
        yield "broker_url: it is not redis://:password@host:port/0 or rediss://... (unset it to run on one machine)"


class FleetSettings(SettingsGroup):
    """`COIN_MODELS_FLEET_*`: several machines that share the runs (`coin-models worker`)."""

    broker_url: SecretStr | None = None
    """URL of the Redis that carries the runs to workers, redis://:password@host:port/0; unset: one machine. Secret."""
    shard_coins: PositiveInt = 64
    """Most coins of one run; 500 coins are 8 runs a night. Runs of one shard are carried one after the other."""
    broker_wait_seconds: float = Field(default=60.0, gt=0)
    """How long a worker waits for a broker that does not answer before it ends with an error."""
    idle_minutes: float | None = Field(default=None, gt=0)
    """A worker without work for this long ends, so that its machine can be given back; unset: it waits for ever."""

    rules = (_broker_problems,)
