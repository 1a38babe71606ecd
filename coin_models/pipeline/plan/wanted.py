"""The wanted version of a coin on each day: a fingerprint, or a skip by a stated rule. Pure, and quick for years of
days.

A fingerprint digests the recipe, the coin, the day, the candles of the window, and the fingerprint of the parent that
the calendar names. It is known before anything is fitted, and does not depend on the order of fits.
"""

import hashlib
import struct
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coin_models.market.eligibility import Rule, assess
from coin_models.market.history import History
from coin_models.pipeline.plan.calendar import full_retrain_offset
from coin_models.pipeline.plan.recipe import Recipe

_ELIGIBLE, _NOT_STORED, _NOT_DELIVERED = int(Rule.ELIGIBLE), int(Rule.NOT_STORED), int(Rule.NOT_DELIVERED)
_DIGEST = np.dtype("V32")
_FULL = np.dtype([("ordinal", "<i4"), ("window", "<u8", (4,))])
_WARM = np.dtype([*_FULL.descr, ("parent", _DIGEST)])  # what is digested, without a gap between


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Wanted:
    """What is wanted of one coin on T consecutive days."""

    coin: str
    first_ordinal: int
    rule: NDArray[np.uint8]  # (T,) Rule.ELIGIBLE where a version is wanted
    parent: NDArray[np.int64]  # (T,) row of the parent; -1: a full retrain
    fingerprint: NDArray[np.uint8]  # (T, 32); zeros where no version is wanted

    def of_day(self, day: date) -> str | None:
        """The wanted fingerprint of a day of the span, hexadecimal; None where no version is wanted."""
        row = day.toordinal() - self.first_ordinal
        return self.fingerprint[row].tobytes().hex() if self.rule[row] == _ELIGIBLE else None

    def day(self, row: int) -> date:
        """The trading day of a row."""
        return date.fromordinal(self.first_ordinal + row)


def wanted_of(coin: str, history: History, first: date, last: date, recipe: Recipe) -> Wanted:
    """What is wanted of the coin on the days `first` to `last`.

    Days before `first` are looked at as parents, so `history` must reach back to the window of the earliest of them.
    """
    lead = recipe.full_retrain_every_days - 1  # rows before the span: parents or nothing
    ordinals = np.arange(first.toordinal() - lead, last.toordinal() + 1, dtype=np.int64)
    rule = assess(history, ordinals, recipe.market, recipe.lookback_days, window_days=recipe.num_candle_days)
    age = (ordinals - full_retrain_offset(coin, recipe.full_retrain_every_days)) % recipe.full_retrain_every_days
    parent = np.arange(len(ordinals)) - age
    reached = np.maximum(parent, 0)
    is_warm = (age > 0) & (parent >= 0)
    rule[is_warm & (rule == _ELIGIBLE) & ~_is_known(rule)[reached]] = _NOT_STORED
    parent = np.where(is_warm & (rule[reached] == _ELIGIBLE), parent, -1)
    windows = history.window_digest(ordinals, recipe.num_candle_days)
    fingerprints = _fingerprints(coin, recipe, ordinals, windows, rule == _ELIGIBLE, parent)
    return Wanted(coin=coin, first_ordinal=int(ordinals[0]), rule=rule, parent=parent, fingerprint=fingerprints)


def _is_known(rule: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Whether the candles at hand decide; else more must be asked of the source."""
    return np.asarray((rule != _NOT_STORED) & (rule != _NOT_DELIVERED))


def _fingerprints(
    coin: str,
    recipe: Recipe,
    ordinals: NDArray[np.int64],
    windows: NDArray[np.uint64],
    is_wanted: NDArray[np.bool_],
    parent: NDArray[np.int64],
) -> NDArray[np.uint8]:
    """(T, 32). Full retrains first: every warm start's parent is one."""
    fingerprints = np.zeros(len(ordinals), dtype=_DIGEST)
    start = hashlib.sha256(recipe.digest + coin.encode() + b"|")
    full, warm = np.flatnonzero(is_wanted & (parent < 0)), np.flatnonzero(is_wanted & (parent >= 0))
    fingerprints[full] = _digests(start, _packed(_FULL, ordinals[full], windows[full]))
    fingerprints[warm] = _digests(start, _packed(_WARM, ordinals[warm], windows[warm], fingerprints[parent[warm]]))
    return fingerprints.view(np.uint8).reshape(len(ordinals), 32)


def _packed(form: np.dtype[np.void], *columns: NDArray[Any]) -> NDArray[np.void]:
    """(N,) the columns side by side."""
    rows = np.empty(len(columns[0]), dtype=form)
    for name, column in zip(form.names or (), columns, strict=True):
        rows[name] = column
    return rows


def _digests(start: "hashlib._Hash", rows: NDArray[np.void]) -> NDArray[np.void]:
    """(N,) SHA-256 of what `start` has read, followed by each row: two thirds of the time of a plan of years."""
    copy, digests = start.copy, []
    for (row,) in struct.iter_unpack(f"{rows.itemsize}s", rows.tobytes()):
        digest = copy()
        digest.update(row)
        digests.append(digest.digest())
    return np.frombuffer(b"".join(digests), dtype=_DIGEST)
