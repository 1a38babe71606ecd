"""The times of a candle file: epochs in any unit and dates that can be read in one way only.

| found | what is done |
|---|---|
| epochs in s, ms, us or ns, mixed in one column | told apart by magnitude, which is unambiguous from 1973 to 5138 |
| dates as digits alone (`202408150005`, `20240815000500`) | refused: as epochs they would be of 1976 or 2611 |
| ISO dates, `2024/08/15`, `2024.08.15`, with `Z`, ` UTC` or an offset | read |
| dates without a zone | UTC |
| some dates with a zone, some without | refused: the latter may be of the writer's own zone |
| other dates (`29-04-13`, `12/31/2020`) | refused: day and month cannot be told apart safely |
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from coin_models.market.candles import Values
from coin_models.market.files.columns import NOTHING

_DIGIT_DATES: Final = ((1.9e11, 2.1e11), (1.9e13, 2.1e13))  # 202408150005 and 20240815000500: as epochs 1976 and 2611
_EPOCH_UNITS_MS: Final = ((1e11, 1000.0), (1e14, 1.0), (1e17, 1e-3), (1e20, 1e-6))  # below this, times that is ms
_ZONE: Final = r"(?:Z|UTC|GMT|[+-]\d\d:?\d\d|:\d\d(?:\.\d+)?\s*[+-]\d\d)\s*$"
_UTC_WORD: Final = r"\s*(?:UTC|GMT)\s*$"
_YEAR_FIRST: Final = r"^\s*(\d{4})[/.](\d\d?)[/.](\d\d?)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Times of rows as they stand."""

    ms: Values  # (N,) UTC epoch milliseconds, exact up to the year 287396; NaN where a value is no time
    num_zoneless: int = 0  # dates that say no zone
    num_zoned: int = 0  # dates that say one


def read_times(column: pd.Series) -> Times:
    """The times of a column of numbers, texts or dates."""
    if pd.api.types.is_datetime64_any_dtype(column):
        times_ms = _of_dates(pd.to_datetime(column, utc=True))
        count = int((~np.isnan(times_ms)).sum())
        is_zoned = isinstance(column.dtype, pd.DatetimeTZDtype)
        return Times(ms=times_ms, num_zoneless=0 if is_zoned else count, num_zoned=count if is_zoned else 0)
    epochs = numbers_of(column)
    times = np.full(len(epochs), np.nan)
    for limit, ms_per_unit in reversed(_EPOCH_UNITS_MS):
        times = np.where((epochs >= 1e8) & (epochs < limit), epochs * ms_per_unit, times)
    for lowest, limit in _DIGIT_DATES:
        times = np.where((epochs >= lowest) & (epochs < limit), np.nan, times)
    dates = np.isnan(epochs)
    num_zoneless = num_zoned = 0
    if dates.any():
        times[dates], num_zoneless, num_zoned = _of_texts(column[dates].astype(str))
    whole = np.where(np.isnan(times) | (times == np.floor(times)), times, np.nan)
    return Times(ms=whole, num_zoneless=num_zoneless, num_zoned=num_zoned)


def joined_texts(days: pd.Series, clocks: pd.Series) -> pd.Series:
    """Dates and times of day in two columns as one: `2024-08-15` and `00:05` are `2024-08-15 00:05`."""
    return days.astype(str).str.strip().str.cat(clocks.astype(str).str.strip(), sep=" ")


def has_clock(column: pd.Series) -> bool:
    """Whether the column holds times of day and no dates: `00:05`."""
    filled = column.astype(str).str.strip()
    return len(filled) > 0 and bool(filled[filled != ""].str.fullmatch(r"\d\d?:\d\d(:\d\d(\.\d+)?)?.{0,6}").all())


def numbers_of(column: pd.Series) -> Values:
    """A column as numbers, (N,); NaN where a value is none."""
    is_time = pd.api.types.is_datetime64_any_dtype(column) or pd.api.types.is_timedelta64_dtype(column)
    if is_time or pd.api.types.is_bool_dtype(column):  # pandas has a number for each, that is not in the file
        return np.full(len(column), np.nan)
    numbers = pd.to_numeric(column, errors="coerce")
    return numbers.to_numpy(np.float64, na_value=np.nan)


def is_missing(column: pd.Series) -> npt.NDArray[np.bool_]:
    """Whether each value is what tools write for nothing: an empty field, NaN, null, None, N/A."""
    missing = np.array(column.isna(), dtype=bool)
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
        return missing
    asked = np.isnan(numbers_of(column)) & ~missing  # few: words are slow to look at
    if asked.any():
        missing[asked] = column[asked].astype(str).str.strip().str.lower().isin(NOTHING).to_numpy(bool)
    return missing


def _of_texts(texts: pd.Series) -> tuple[Values, int, int]:
    times_ms = _of_dates(pd.to_datetime(texts, format="ISO8601", utc=True, errors="coerce"))
    others = np.isnan(times_ms)
    if others.any():
        texts = texts.copy()
        texts[others] = _as_iso(texts[others])
        times_ms[others] = _of_dates(pd.to_datetime(texts[others], format="ISO8601", utc=True, errors="coerce"))
    read = ~np.isnan(times_ms)
    zoned = texts.str.contains(_ZONE, regex=True, case=False).to_numpy(bool)
    return times_ms, int((read & ~zoned).sum()), int((read & zoned).sum())


def _as_iso(texts: pd.Series) -> pd.Series:
    """Dates with ` UTC` behind them, with slashes or dots, or with days of one digit, as ISO writes them."""
    texts = texts.str.replace(_UTC_WORD, "Z", regex=True, case=False).str.replace(_YEAR_FIRST, r"\1-\2-\3", regex=True)
    texts = texts.str.replace(r"^(\d{4})-(\d)-", r"\1-0\2-", regex=True)
    return texts.str.replace(r"^(\d{4}-\d\d)-(\d)(?!\d)", r"\1-0\2", regex=True)


def _of_dates(dates: pd.Series) -> Values:
    """Milliseconds; a date within a millisecond is no opening of a candle and stays no time."""
    stamps = dates.dt.tz_localize(None).to_numpy().astype("datetime64[us]")
    us = stamps.astype(np.int64)
    return np.where(np.isnat(stamps) | (us % 1000 != 0), np.nan, (us // 1000).astype(np.float64))
