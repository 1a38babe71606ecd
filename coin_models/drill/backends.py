"""The storage of a drill's homes: inside each home, or on a local stack that runs as long as the drill."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from coin_models.settings.fleet import FleetSettings
from coin_models.settings.renamed import PREFIX
from coin_models.settings.root import Settings

if TYPE_CHECKING:
    from coin_models.dev_stack.stack import LocalStack

Places = Callable[[str], Mapping[str, str]]
"""Gives the home of that name a database and a store of its own; returns the `COIN_MODELS_*` variables that say where."""

_SETTINGS = ("database_url", "store_url", "store_endpoint_url", "store_access_key_id", "store_secret_access_key")


def embedded(_name: str) -> Mapping[str, str]:
    """SQLite and a folder in the home: nothing to say."""
    return {}


@contextmanager
def temporary_stack(stack: "LocalStack") -> Iterator[Places]:
    """A database and a prefix per home on a stack that is started for it, and stopped however it ends.

    Raises:
        StoreUnavailable: a server did not start.
    """
    try:
        stack.up()
        yield stack.separate
    finally:
        stack.down()


def settings_to_read(home: Path, variables: Mapping[str, str]) -> Settings:
    """Enough to read a home whose children got these variables, whatever this process's own environment says."""
    places: dict[str, Any] = {name: variables.get(PREFIX + name.upper()) for name in _SETTINGS}
    broker_url = variables.get(PREFIX + "FLEET_BROKER_URL")
    fleet = FleetSettings(broker_url=None if broker_url is None else SecretStr(broker_url))
    return Settings(home=home, source="demo", fleet=fleet, **places)
