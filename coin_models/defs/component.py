"""The component `coin_models.CoinModels`: another Dagster project gets the whole pipeline from a few lines of
defs.yaml.

What the file leaves out comes from the environment, as everywhere. Secrets come from the environment only.
"""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from dagster import Component, ComponentLoadContext, Definitions, Model, Resolvable
from pydantic import Field

from coin_models.defs.build import build_definitions
from coin_models.errors import SettingsError
from coin_models.settings.load import load_settings, secret_names
from coin_models.settings.renamed import variable_of


class CoinModels(Component, Resolvable, Model):
    """One forecasting model per coin, retrained every UTC day: assets, jobs, schedule, sensors and resources."""

    home: str = Field(description="Folder of database, store and checkpoints; a relative one is in the project's root.")
    source: str = Field(description="Where candles come from: exchange, files or demo.")
    universe: list[str] = Field(default=[], description="Coins to train, in order; empty: all coins of the source.")
    quote: str | None = Field(default=None, description="Quote asset of every market; default: USDT.")
    timeframe: str | None = Field(default=None, description="Length of a candle; default: 5m.")
    data_folder: str | None = Field(default=None, description="Folder of candle files, for the source `files`.")
    store_url: str | None = Field(default=None, description="s3://bucket/prefix or a folder; default: in `home`.")
    store_endpoint_url: str | None = Field(default=None, description="Endpoint of an S3-compatible store.")
    store_region: str | None = Field(default=None, description="Region of the S3 store.")
    settings: dict[str, Any] = Field(
        default={},
        description="Any other setting, in groups as in coin_models.toml, such as training: {epochs: 5}. No secrets.",
    )

    def build_defs(self, context: ComponentLoadContext) -> Definitions:
        """All definitions.

        Raises:
            SettingsError: one sentence that lists every problem.
        """
        return build_definitions(load_settings(self.given(context.project_root)))

    def given(self, root: Path) -> dict[str, Any]:
        """What the file says, as the settings' arguments; its relative folders are in `root`.

        Raises:
            SettingsError: it holds a secret, or under `settings` what has an attribute of its own.
        """
        own = {
            "home": _in(root, self.home),
            "source": self.source,
            "universe": self.universe or None,
            "quote": self.quote,
            "timeframe": self.timeframe,
            "store_url": self.store_url if self.store_url and "://" in self.store_url else _in(root, self.store_url),
            "store_endpoint_url": self.store_endpoint_url,
            "store_region": self.store_region,
        }
        market = {} if self.data_folder is None else {"files_path": _in(root, self.data_folder)}
        _refuse_secrets(self.settings)
        _refuse_twice(self.settings, {*own, "data_folder"})
        rest = {name: dict(value) if isinstance(value, Mapping) else value for name, value in self.settings.items()}
        if market:
            rest["market"] = {**rest.get("market", {}), **market}
        return {**rest, **{name: value for name, value in own.items() if value is not None}}


def _in(root: Path, folder: str | None) -> str | None:
    return None if folder is None else str(root / Path(folder).expanduser())


def _refuse_secrets(settings: Mapping[str, Any]) -> None:
    """Such a file is committed, and what is in it is shown where it does not load."""
    given_secrets = [name for name in secret_names() if _holds(settings, name)]
    if given_secrets:
        raise SettingsError(
            f"defs.yaml holds {', '.join(given_secrets)}, which is secret; remove it, and set "
            f"{', '.join(variable_of(name) for name in given_secrets)} in the environment"
        )


def _refuse_twice(settings: Mapping[str, Any], attributes: Collection[str]) -> None:
    repeated = sorted(set(settings) & set(attributes)) + ["data_folder"] * _holds(settings, "market.files_path")
    if repeated:
        raise SettingsError(f"defs.yaml: give {', '.join(repeated)} under attributes, not under settings")


def _holds(settings: Mapping[str, Any], name: str) -> bool:
    group, _, inner = name.rpartition(".")
    within = settings.get(group) if group else settings
    return isinstance(within, Mapping) and inner in within
