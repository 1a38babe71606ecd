"""Every object key, built from validated parts only.

```
identity.json                                                which market the store holds, and its id
candles/<timeframe>/<COIN>/<day>-<digest>.parquet            <day>.parquet: by the version before
models/<COIN>/<day>/<fingerprint>/{weights-<digest>.safetensors, manifest-<digest>.json}
checkpoints/<day>/<cohort>/<step, nine digits>/{state.bin, manifest.json}
reports/<day>/<name>
forecasts/<COIN>/<day>-<digest>.parquet                      what was forecast of the coin on the day (trading/history)
decisions/<day>.json                                         champion decisions of the day, a copy of the table's
compute_logs/...                                             output of runs, written by Dagster (defs/compute_logs.py)
backups/<time>/{<table>-<part>.jsonl.gz, manifest.json}      of a store that is a backup's target (home/backup.py)
doctor/<probe>                                               written and removed by the doctor
```

Days are ISO dates and steps are zero-padded, so that the order of keys is the order of time. A model's objects contain
their own digest in their names: two publishers can never overwrite each other's, and the registry row says which count.
Candles do too: corrected ones never overwrite those that a published version was fitted on; the index says which count.
"""

import re
from datetime import date

from coin_models.errors import StoreRefused

_COIN = re.compile(r"[A-Z0-9]{1,20}")
_TIMEFRAME = re.compile(r"[0-9]{1,3}[smhd]")
_DIGEST = re.compile(r"[0-9a-f]{8,64}")
_CONTENT = re.compile(r"-([0-9a-f]{16})\.[a-z]+$")
_LEGACY_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\.parquet")
_PROBE = re.compile(r"[0-9a-f]{32}")
_CANDLE_NAME = re.compile(r"(\d{4}-\d{2}-\d{2})(?:-([0-9a-f]{16}))?\.parquet")
_DECISIONS = re.compile(r"decisions/(\d{4}-\d{2}-\d{2})\.json")
_FORECAST_NAME = re.compile(r"(\d{4}-\d{2}-\d{2})-([0-9a-f]{16})\.parquet")
_REPORT = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}(\.[a-z0-9]{1,8})+")
_TABLE = re.compile(r"[a-z_]{1,40}")
_STAMP = re.compile(r"\d{8}T\d{6}Z")
_MAX_STEP = 999_999_999

IDENTITY = "identity.json"
CANDLES = "candles/"
MODELS = "models/"
CHECKPOINTS = "checkpoints/"
REPORTS = "reports/"
BACKUPS = "backups/"
DECISIONS = "decisions/"
FORECASTS = "forecasts/"
PROBES = "doctor/"


def candle_day(timeframe: str, coin: str, day: date, sha256: str) -> str:
    """Key of one coin's candles of one day, whose content has digest `sha256`."""
    return f"{candle_days(timeframe, coin)}{_day(day)}-{_digest(sha256)}.parquet"


def legacy_candle_day(timeframe: str, coin: str, day: date) -> str:
    """Key that the version before gave to one coin's candles of one day."""
    return f"{candle_days(timeframe, coin)}{_day(day)}.parquet"


def candle_days(timeframe: str, coin: str) -> str:
    """Prefix of all stored days of one coin."""
    return f"{candles(timeframe)}{_coin(coin)}/"


def candles(timeframe: str) -> str:
    """Prefix of all stored days of one timeframe."""
    return f"{CANDLES}{_part(_TIMEFRAME, timeframe, 'timeframe')}/"


def legacy_candle_day_of(key: str) -> date | None:
    """The day of a key made by `legacy_candle_day`; None for a key of another form."""
    name = key.rpartition("/")[2]
    return date.fromisoformat(name[:10]) if _LEGACY_DAY.fullmatch(name) else None


def candle_day_of(key: str) -> tuple[str, date, str | None] | None:
    """Coin, day and the 16 digits of the digest of a candle key; without digits where the version before made it.

    None for a key of another form.
    """
    parts = key.split("/")
    match = _CANDLE_NAME.fullmatch(parts[-1])
    if len(parts) != 4 or match is None or not _COIN.fullmatch(parts[2]):
        return None
    try:
        return parts[2], date.fromisoformat(match[1]), match[2]
    except ValueError:  # 31 February
        return None


def is_manifest(key: str) -> bool:
    """Whether the key has the form of `model_manifest`."""
    name = key.rpartition("/")[2]
    return name.startswith("manifest-") and name.endswith(".json")


def model_weights(coin: str, day: date, fingerprint: str, sha256: str) -> str:
    """Key of a model version's weights, whose bytes have digest `sha256`."""
    return f"{model(coin, day, fingerprint)}weights-{_digest(sha256)}.safetensors"


def model_manifest(coin: str, day: date, fingerprint: str, sha256: str) -> str:
    """Key of a model version's manifest, whose bytes have digest `sha256`; written after its weights."""
    return f"{model(coin, day, fingerprint)}manifest-{_digest(sha256)}.json"


def model(coin: str, day: date, fingerprint: str) -> str:
    """Prefix of one model version."""
    return f"{models_of_day(coin, day)}{_part(_DIGEST, fingerprint, 'fingerprint')}/"


def models_of_day(coin: str, day: date) -> str:
    """Prefix of every model version of a coin-day."""
    return f"{MODELS}{_coin(coin)}/{_day(day)}/"


def model_coin_day_of(key: str) -> tuple[str, date] | None:
    """Coin and day of a key of a model version's object; None for a key of another form."""
    parts = key.split("/")
    if len(parts) != 5 or f"{parts[0]}/" != MODELS:
        return None
    return parts[1], date.fromisoformat(parts[2])


def checkpoint_state(day: date, cohort_id: str, step: int) -> str:
    """Key of a checkpoint's state."""
    return f"{_checkpoint(day, cohort_id, step)}state.bin"


def checkpoint_manifest(day: date, cohort_id: str, step: int) -> str:
    """Key of a checkpoint's manifest, written last: without it there is no checkpoint."""
    return f"{_checkpoint(day, cohort_id, step)}manifest.json"


def checkpoints_of_day(day: date) -> str:
    """Prefix of every checkpoint of a trading day."""
    return f"{CHECKPOINTS}{_day(day)}/"


def checkpoints_of_cohort(day: date, cohort_id: str) -> str:
    """Prefix of every checkpoint of a cohort."""
    return f"{checkpoints_of_day(day)}{_part(_DIGEST, cohort_id, 'cohort id')}/"


def report(day: date, name: str) -> str:
    """Key of a report's file, `name` such as `report.html`."""
    return f"{REPORTS}{_day(day)}/{_part(_REPORT, name, 'report name')}"


def report_day_of(key: str) -> date:
    """The trading day of a report's file."""
    return date.fromisoformat(key.removeprefix(REPORTS).partition("/")[0])


def backup(stamp: str) -> str:
    """Prefix of the tables of one backup, `stamp` being its time such as 20260310T020000Z."""
    return f"{BACKUPS}{_part(_STAMP, stamp, 'time of a backup')}/"


def backup_part(stamp: str, table: str, number: int) -> str:
    """Key of some rows of a table."""
    return f"{backup(stamp)}{_part(_TABLE, table, 'table')}-{number:05d}.jsonl.gz"


def backup_manifest(stamp: str) -> str:
    """Key of a backup's manifest, written last: without it there is no backup."""
    return f"{backup(stamp)}manifest.json"


def is_immutable(key: str) -> bool:
    """Whether the key holds a digest of the content, so that two objects of that key are the same."""
    return _CONTENT.search(key) is not None


def digest_of_bytes(key: str) -> str | None:
    """The first 16 digits of the SHA-256 of the object's bytes, as its key has them; None of a key that has none."""
    match = _CONTENT.search(key) if key.startswith((MODELS, FORECASTS)) else None
    return match[1] if match else None


def forecast_day(coin: str, day: date, sha256: str) -> str:
    """Key of what was forecast of a coin on a day, whose bytes have digest `sha256`."""
    return f"{FORECASTS}{_coin(coin)}/{_day(day)}-{_digest(sha256)}.parquet"


def forecast_day_of(key: str) -> tuple[str, date, str] | None:
    """Coin, day and the 16 digits of the digest of a key made by `forecast_day`; None for a key of another form."""
    parts = key.split("/")
    match = _FORECAST_NAME.fullmatch(parts[-1])
    if len(parts) != 3 or f"{parts[0]}/" != FORECASTS or match is None or not _COIN.fullmatch(parts[1]):
        return None
    try:
        return parts[1], date.fromisoformat(match[1]), match[2]
    except ValueError:  # 31 February
        return None


def decisions(day: date) -> str:
    """Key of the copy of the day's champion decisions."""
    return f"{DECISIONS}{_day(day)}.json"


def decisions_day_of(key: str) -> date | None:
    """The day of a key made by `decisions`; None for a key of another form."""
    match = _DECISIONS.fullmatch(key)
    return date.fromisoformat(match[1]) if match else None


def probe(name: str) -> str:
    """Key of an object that the doctor puts and removes again, `name` being 32 hexadecimal digits."""
    return f"{PROBES}{_part(_PROBE, name, 'probe')}"


def _checkpoint(day: date, cohort_id: str, step: int) -> str:
    if not 0 <= step <= _MAX_STEP:
        raise StoreRefused(f"step {step} cannot be part of an object key: it is not within 0 to {_MAX_STEP}")
    return f"{checkpoints_of_cohort(day, cohort_id)}{step:09d}/"


def _day(day: date) -> str:
    return f"{day.year:04d}-{day.month:02d}-{day.day:02d}"


def _coin(coin: str) -> str:
    return _part(_COIN, coin, "coin")


def _digest(sha256: str) -> str:
    return _part(_DIGEST, sha256, "digest")[:16]


def _part(pattern: re.Pattern[str], part: str, what: str) -> str:
    if not pattern.fullmatch(part):
        raise StoreRefused(f"{what} {part!r} cannot be part of an object key: it must match {pattern.pattern}")
    return part
