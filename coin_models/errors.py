"""Every error the package raises on purpose, as one tree.

```
CoinModelsError
├── SettingsError            impossible or unknown settings, all of them listed          exit 2
├── UsageError               a command cannot do what was requested                      exit 2
├── HomeError                not the home that the settings mean, and what to do          exit 2
│   ├── NoHome               nothing was trained there yet
│   ├── OtherMarket          it holds another market
│   └── NotTogether          its database and its store do not belong together
├── MarketError
│   ├── SourceError
│   │   ├── SourceUnavailable    transient: network, rate limit, exchange under maintenance    source
│   │   └── SourceRefused        permanent: unknown exchange or symbol
│   │       ├── SourceBlocked    permanent: the exchange does not serve this region or address  source
│   │       ├── CoinUnknown      the source has no such coin
│   │       └── CoinDelisted     the source has the coin, and trades it no more
│   ├── CandlesRejected      candles that cannot be read safely: file, line, reason
│   └── CandlesTooOld        the newest candles are too old to forecast from
├── StoreError
│   ├── ObjectNotFound
│   ├── ObjectExists         a conditional put found something there
│   ├── ObjectDamaged        what was read is not what was written
│   ├── StoreUnavailable     transient: time-out, throttling, 5xx                    store
│   │   └── DiskFull         this machine's disk, or the folder's quota              machine
│   └── StoreRefused         permanent: wrong bucket, credentials, permission, clock skew           store
├── DatabaseError            permanent: wrong name, password, schema                 database
│   └── DatabaseUnavailable  transient                                               database
├── BrokerUnavailable        transient: the broker of a fleet does not answer        broker
├── WorkerRefused            a machine that does not fit the fleet: code, tables, clock          exit 2
├── RegistryError
│   ├── LeaseLost            another session holds what this one was about to commit
│   ├── ModelDamaged         a bundle's bytes do not match its manifest
│   └── ModelOutdated        a version reads features that this code does not compute
└── TrainingError
    ├── NotTrainable         a stated rule says this coin is not trained on this day
    ├── FitDiverged          a coin's loss is no longer finite
    ├── CheckpointDamaged
    ├── TrainerUnavailable   this machine cannot train: torch, Lightning, the device  machine   exit 2
    └── Deferred             the policy begins no further cohort: budget, hand-over     exit 75

Interrupted (BaseException)  the machine is going away: nothing may swallow it           exit 143
```

The word after the description is the error's `place`: what failed is not the coin but something that all coins need.
Such an error uses up no attempt (operations/places.py); without a place it is the coin's own.

A message says what was tried, what was found and what to do. Whether a retry can help is a matter of
type (`transient`), never of reading the text. `Interrupted` is no `Exception`, for the same reason that
`KeyboardInterrupt` is none: a broad `except` must not turn a dying machine into a failed coin.
"""

from typing import ClassVar, Literal

from coin_models.exit_codes import ExitCode
from coin_models.redaction import redacted

Place = Literal["source", "store", "database", "broker", "network", "machine"]
"""What all coins need, and may be away."""


class CoinModelsError(Exception):
    """Base of all deliberate errors; its text is one sentence for a person, without the secrets of the settings."""

    exit_code: ClassVar[int] = ExitCode.COULD_NOT_WORK
    transient: ClassVar[bool] = False
    place: ClassVar[Place | None] = None

    def __init__(self, *args: object) -> None:
        super().__init__(*(redacted(arg) if isinstance(arg, str) else arg for arg in args))


class SettingsError(CoinModelsError):
    """Settings that are unknown, malformed or contradict each other."""

    exit_code = ExitCode.MISUSE


class UsageError(CoinModelsError):
    """A command cannot do what was requested."""

    exit_code = ExitCode.MISUSE


class HomeError(CoinModelsError):
    """A home is not the one that the settings mean."""

    exit_code = ExitCode.MISUSE


class NoHome(HomeError):
    """There is no home where the settings say; reading makes none."""


class OtherMarket(HomeError):
    """The home holds another market than the settings name."""


class NotTogether(HomeError):
    """The database and the store do not belong together."""


class MarketError(CoinModelsError):
    """Something about candles or where they come from."""


class SourceError(MarketError):
    """A candle source did not deliver."""


class SourceUnavailable(SourceError):
    """The source may deliver if asked again later."""

    transient = True
    place = "source"


class SourceRefused(SourceError):
    """The source will not deliver this, however often it is asked."""


class SourceBlocked(SourceRefused):
    """The source serves nothing to this region or address."""

    place = "source"


class CoinUnknown(SourceRefused):
    """The source has no such coin; it may have had it."""


class CoinDelisted(SourceRefused):
    """The source lists the coin as no longer traded: no candle will come any more."""


class CandlesRejected(MarketError):
    """Candles that cannot be read safely."""


class CandlesTooOld(MarketError):
    """The newest candles are too old to forecast from."""


class StoreError(CoinModelsError):
    """Something about the object store."""


class ObjectNotFound(StoreError):
    """No object has this key."""


class ObjectExists(StoreError):
    """A conditional put found an object under its key."""


class ObjectDamaged(StoreError):
    """The bytes read are not the bytes that were written."""


class StoreUnavailable(StoreError):
    """The store may answer if asked again later."""

    transient = True
    place: ClassVar[Place | None] = "store"


class DiskFull(StoreUnavailable):
    """This machine has no room left for what was to be written."""

    place = "machine"


class StoreRefused(StoreError):
    """The store will refuse this however often it is asked."""

    place = "store"


class DatabaseError(CoinModelsError):
    """Something about the database."""

    place = "database"


class DatabaseUnavailable(DatabaseError):
    """The database may answer if asked again later."""

    transient = True


class BrokerUnavailable(CoinModelsError):
    """The broker of the fleet may answer if asked again later."""

    transient = True
    place = "broker"


class WorkerRefused(CoinModelsError):
    """A machine that must not join the fleet as it is."""

    exit_code = ExitCode.MISUSE


class RegistryError(CoinModelsError):
    """Something about model versions."""


class LeaseLost(RegistryError):
    """Another session holds what this one was about to commit."""


class ModelDamaged(RegistryError):
    """A model bundle's bytes do not match its manifest."""


class ModelOutdated(RegistryError):
    """A model version reads features that this code does not compute."""


class TrainingError(CoinModelsError):
    """Something about a fit."""


class NotTrainable(TrainingError):
    """A stated rule says that this coin is not trained on this day."""


class FitDiverged(TrainingError):
    """A coin's loss is no longer finite."""


class CheckpointDamaged(TrainingError):
    """A checkpoint's bytes do not match its manifest, or its schema is unknown."""


class TrainerUnavailable(TrainingError):
    """This machine cannot train: torch or Lightning cannot be imported, or the device asked for is not there."""

    exit_code = ExitCode.MISUSE
    place = "machine"


class Deferred(TrainingError):
    """Nothing failed, but no further cohort is begun: the day's budget is spent, or on-demand should take over.

    Its exit code says "try again later", or on another machine.
    """

    exit_code = ExitCode.PUT_OFF


class Interrupted(BaseException):
    """The machine is going away; carries what was saved in the grace, for the log."""

    exit_code: ClassVar[int] = ExitCode.INTERRUPTED
