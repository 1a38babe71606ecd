"""The settings object: the values of `COIN_MODELS_*` and `coin_models.toml`, and the impossible combinations."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field, ModelWrapValidatorHandler, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from coin_models.logs import LogFormat
from coin_models.settings.base import Rule, check_all
from coin_models.settings.costs import CostSettings, NotifySettings
from coin_models.settings.endpoint import endpoint_problems, is_meant_for_s3, s3_problems
from coin_models.settings.fleet import FleetSettings
from coin_models.settings.market import MarketSettings, SourceName
from coin_models.settings.operations import InterruptionSettings, OperationsSettings
from coin_models.settings.places import Cleaned, expanded, file_source, home_source
from coin_models.settings.quotes import with_quote_value
from coin_models.settings.renamed import OldNames
from coin_models.settings.retention import SHORTEST_DAYS, RetentionSettings
from coin_models.settings.serve import ServeSettings
from coin_models.settings.timeframes import horizon_problems, in_minutes, timeframe_problems
from coin_models.settings.trading import TradingSettings
from coin_models.settings.training import TrainingSettings

_COIN = re.compile(r"[A-Z0-9]{1,20}")
_POSTGRES = re.compile(r"postgresql\+psycopg2://")
_KEY = re.compile(r"[!-~]+")
_USUAL_WINDOW = 30  # days of the resume window that retention's own lower limit has room for
_BARE_POSTGRES = re.compile(r"^postgres(ql)?://")


def _name_problems(settings: "Settings") -> Iterator[str]:
    bad = [coin for coin in (*settings.universe, settings.quote) if not _COIN.fullmatch(coin)]
    if bad:
        yield f"universe and quote: {', '.join(map(repr, bad))} are not valid coins (use capital letters and digits, such as BTC)"
    repeated = sorted({coin for coin in settings.universe if settings.universe.count(coin) > 1})
    if repeated:
        yield f"universe: {', '.join(repeated)} named more than once"


def _home_problems(settings: "Settings") -> Iterator[str]:
    if "[" in str(settings.home):
        # Dagster 1.13 looks for <home>/dagster/dagster.yaml by a glob, and would silently continue with defaults.
        yield f"home: {str(settings.home)!r} contains '[', so Dagster would not find its files; choose another folder"


def _files_problems(settings: "Settings") -> Iterator[str]:
    if settings.source == "files" and settings.market.files_path is None:
        yield "source 'files' needs market.files_path (COIN_MODELS_MARKET_FILES_PATH), the folder of candle files"


def _exchange_problems(settings: "Settings") -> Iterator[str]:
    if settings.source == "exchange" and not settings.universe:
        yield "source 'exchange' needs a universe (COIN_MODELS_UNIVERSE=BTC,ETH,...)"


def _store_url_problems(settings: "Settings") -> Iterator[str]:
    url = settings.store_url
    if url is None or "@" in url:  # with credentials in it, it is refused below, unquoted
        return
    if is_meant_for_s3(url):
        yield from s3_problems(url)
    elif "://" in url:
        yield f"store_url: scheme {url.partition('://')[0]!r} is not s3; give s3://bucket/prefix or a folder"


def _endpoint_problems(settings: "Settings") -> Iterator[str]:
    url = settings.store_endpoint_url
    if url is None:
        return
    if not _is_s3(settings.store_url):
        yield "store_endpoint_url is set, but store_url is not s3://bucket/prefix"
    elif "@" not in url:  # with credentials in it, it is refused below, unquoted
        yield from endpoint_problems(url, bucket=str(settings.store_url).removeprefix("s3://").partition("/")[0])


def _credential_problems(settings: "Settings") -> Iterator[str]:
    for name in ("store_url", "store_endpoint_url"):
        url = getattr(settings, name)
        if url is not None and "://" in url and "@" in url:
            yield f"{name} holds credentials, and is shown in logs: give them as store_access_key_id and store_secret_access_key"


def _key_problems(settings: "Settings") -> Iterator[str]:
    if (settings.store_access_key_id is None) != (settings.store_secret_access_key is None):
        yield "store_access_key_id and store_secret_access_key must be given together"


def _database_problems(settings: "Settings") -> Iterator[str]:
    # Nothing of it is quoted: a URL without a scheme may begin with the password.
    if settings.database_url is not None and not _POSTGRES.match(settings.database_url.get_secret_value()):
        yield "database_url: it is not postgresql://user:password@host/name (unset it for SQLite in the home folder)"


def _demo_problems(settings: "Settings") -> Iterator[str]:
    is_default = settings.source == "demo" and "source" not in settings.model_fields_set
    if is_default and (settings.database_url is not None or _is_s3(settings.store_url)):
        yield (
            "source (COIN_MODELS_SOURCE) must be named where database_url or an s3:// store_url is set: exchange, files, "
            "or demo, so that the demo market never enters a production database or bucket by default"
        )


def _fleet_problems(settings: "Settings") -> Iterator[str]:
    if settings.fleet.broker_url is not None and settings.database_url is None:
        yield (
            "fleet.broker_url is set, but database_url is not: workers on several machines share a PostgreSQL and a store "
            "(unset fleet.broker_url to run on one machine)"
        )


def _retention_problems(settings: "Settings") -> Iterator[str]:
    window = settings.operations.resume_window_days
    if settings.retention.days < SHORTEST_DAYS + window - _USUAL_WINDOW:
        yield (
            f"retention.days ({settings.retention.days}) must be at least {SHORTEST_DAYS + window - _USUAL_WINDOW}, so that what "
            f"operations.resume_window_days ({window}) looks back on is kept"
        )


def _is_s3(url: str | None) -> bool:
    return url is not None and url.startswith("s3://")


class Settings(BaseSettings):
    """Every setting of the project. Environment variables win over the file, the file over the defaults."""

    model_config = SettingsConfigDict(
        env_prefix="COIN_MODELS_",
        env_nested_delimiter="_",
        env_nested_max_split=1,
        env_ignore_empty=True,  # compose files and unit files pass on what is unset as an empty variable
        enable_decoding=False,  # lists are read by check_all, whose complaints come with all the others
        extra="forbid",
        frozen=True,
        validate_default=True,
        hide_input_in_errors=True,  # an input may be a credential
    )

    home: Path = Path(".coin_models")
    """Folder of the embedded default: database, object store, Dagster instance, local checkpoints. Where none is named:
    beside `coin_models.toml`, else the nearest `.coin_models` upwards from the working folder, else in it."""
    source: SourceName = "demo"
    """Where candles come from: the offline `demo` market, `files` in a folder, or an `exchange`."""
    universe: tuple[str, ...] = ()
    """Coins to train, comma-separated, in order; empty: all coins of the source `demo` or `files`."""
    quote: str = "USDT"
    """Quote asset of every market."""
    timeframe: str = "5m"
    """Length of a candle: 1m, 5m, 15m, 30m, 1h or 4h. Horizon, features' memories and steps do not depend on it."""
    database_url: SecretStr | None = None
    """SQLAlchemy URL of PostgreSQL, postgresql://user:password@host/name; unset: SQLite in `home`. Secret."""
    store_url: str | None = None
    """Object store: s3://bucket/prefix or a folder; unset: a folder in `home`."""
    store_endpoint_url: str | None = None
    """Endpoint of an S3-compatible store (R2, MinIO, SeaweedFS, Backblaze); unset: AWS."""
    store_region: str | None = None
    """Region of the S3 store; unset: the provider's default."""
    store_access_key_id: SecretStr | None = None
    """Access key of the S3 store; unset: boto3's own chain (environment, files, instance role). Secret."""
    store_secret_access_key: SecretStr | None = None
    """Secret key of the S3 store. Secret."""
    log_format: LogFormat = "text"
    """Log lines of the command line, daemon and UI: `text`, or `json`, one object a line."""
    market: MarketSettings = Field(default_factory=MarketSettings)
    """Candle sources and the rules for good candles."""
    training: TrainingSettings = Field(default_factory=TrainingSettings)
    """The fit."""
    interruption: InterruptionSettings = Field(default_factory=InterruptionSettings)
    """Checkpoints and notice."""
    operations: OperationsSettings = Field(default_factory=OperationsSettings)
    """Leases, attempts, sensors."""
    fleet: FleetSettings = Field(default_factory=FleetSettings)
    """Several machines that share the runs."""
    retention: RetentionSettings = Field(default_factory=RetentionSettings)
    """What `coin-models prune` keeps."""
    trading: TradingSettings = Field(default_factory=TradingSettings)
    """Shadow trades, champions, patterns."""
    costs: CostSettings = Field(default_factory=CostSettings)
    """Prices and budget."""
    notify: NotifySettings = Field(default_factory=NotifySettings)
    """Notifications."""
    serve: ServeSettings = Field(default_factory=ServeSettings)
    """Forecasts over HTTP."""

    @field_validator("universe", mode="before")
    @classmethod
    def _capitals(cls, value: Any) -> Any:
        return [coin.upper() if isinstance(coin, str) else coin for coin in value] if isinstance(value, list) else value

    @field_validator("home")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return expanded(value)

    @field_validator("store_url")
    @classmethod
    def _absolute_folder(cls, value: str | None) -> str | None:
        return value if value is None or "://" in value or is_meant_for_s3(value) else str(expanded(Path(value)))

    @field_validator("store_access_key_id", "store_secret_access_key")
    @classmethod
    def _is_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _KEY.fullmatch(value.get_secret_value()):
            raise ValueError("it holds a character that no key has (a space, a letter beyond ASCII); copy it again")
        return value

    @field_validator("database_url")
    @classmethod
    def _name_driver(cls, value: SecretStr | None) -> SecretStr | None:
        """SQLAlchemy 2.1 takes a bare postgresql:// for psycopg 3, which Dagster's storage does not use."""
        if value is None:
            return None
        return SecretStr(_BARE_POSTGRES.sub("postgresql+psycopg2://", value.get_secret_value()))

    rules: ClassVar[tuple[Rule, ...]] = (
        _name_problems,
        _home_problems,
        timeframe_problems,
        horizon_problems,
        _files_problems,
        _exchange_problems,
        _store_url_problems,
        _endpoint_problems,
        _credential_problems,
        _key_problems,
        _database_problems,
        _demo_problems,
        _fleet_problems,
        _retention_problems,
    )

    @model_validator(mode="wrap")
    @classmethod
    def _check_all(cls, data: Any, handler: ModelWrapValidatorHandler[Any]) -> Any:
        if isinstance(data, Mapping):
            data = with_quote_value(in_minutes(data), cls.model_fields["quote"].default)
        return check_all(cls, cls.rules, data, handler)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then the nearest `coin_models.toml` upwards; no .env, no secrets folder."""
        environment = Cleaned(OldNames(env_settings, settings_cls), settings_cls)
        return init_settings, environment, OldNames(file_source(settings_cls), settings_cls), home_source(settings_cls)
