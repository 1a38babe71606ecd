"""What is published of many coin-days, as arrays: half a million versions in a fraction of a second.

Belongs here: one query over the index of `model_versions`. Not here: versions as values (`registry.py`).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import String, cast, func, select

from coin_models.db.engine import Database
from coin_models.db.schema import model_versions

_DAY, _DIGEST = 10, 64  # characters of an ISO date and of a fingerprint
_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PublishedVersions:
    """The versions of one coin that are published, in any order: V rows."""

    ordinal: NDArray[np.int32]  # (V,) trading day
    fingerprint: NDArray[np.uint8]  # (V, 32)

    def __post_init__(self) -> None:
        if self.fingerprint.shape != (len(self.ordinal), 32):
            raise ValueError(f"{len(self.ordinal)} days, fingerprints of shape {self.fingerprint.shape}")

    @classmethod
    def of(cls, versions: Sequence[tuple[date, str]]) -> "PublishedVersions":
        """From trading days and hexadecimal fingerprints."""
        return _parsed("".join(f"{day.isoformat()}{fingerprint}" for day, fingerprint in versions))


NOTHING_PUBLISHED = PublishedVersions(ordinal=np.empty(0, np.int32), fingerprint=np.empty((0, 32), np.uint8))


def published_versions(
    database: Database, coins: Collection[str], first: date, last: date
) -> Mapping[str, PublishedVersions]:
    """The versions of these coins on the days `first` to `last`; coins without any are left out."""
    table, wanted = model_versions.c, set(coins)
    # One row a coin, not one a version: half a million rows take seconds to fetch one by one, and the index holds it all.
    place = func.aggregate_strings(cast(table.day, String).concat(table.fingerprint), "")
    known = table.day.between(first, last) & (func.length(table.fingerprint) == _DIGEST)
    query = select(table.coin, place).where(known).group_by(table.coin)
    if len(wanted) == 1:
        query = query.where(table.coin.in_(wanted))
    with database.read() as connection:
        return {coin: _parsed(joined) for coin, joined in connection.execute(query) if coin in wanted}


def _parsed(joined: str) -> PublishedVersions:
    """Dates and fingerprints without anything between them, each of one length."""
    letters = np.frombuffer(joined.encode("ascii"), dtype=np.uint8).reshape(-1, _DAY + _DIGEST)
    days = np.ascontiguousarray(letters[:, :_DAY]).view(f"S{_DAY}").ravel().astype(f"U{_DAY}").astype("datetime64[D]")
    digests = bytes.fromhex(letters[:, _DAY:].tobytes().decode("ascii"))
    return PublishedVersions(
        ordinal=(days.astype(np.int64) + _EPOCH).astype(np.int32),
        fingerprint=np.frombuffer(digests, dtype=np.uint8).reshape(-1, _DIGEST // 2),
    )
