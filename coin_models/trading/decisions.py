"""The values of promotion: candidates with their records, and the decision with its reason."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from coin_models.trading.contests import Contests
from coin_models.trading.scoring import ForecastScore


class Verdict(StrEnum):
    """The decision about a coin's champion on a day."""

    PROMOTE = "promote"
    HOLD = "hold"
    ROLLBACK = "rollback"
    NONE = "none"  # the coin has no champion


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfSampleDay:
    """What a version came to on a day later than all it was fitted on."""

    day: date
    score: ForecastScore
    pnl_fraction: float  # shadow P&L / equity


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A version with its faults and its record on out-of-sample days, oldest first."""

    version_id: str
    day: date  # its own trading day, the last it was fitted on
    problems: tuple[str, ...] = ()  # of `soundness`; empty: sound
    record: tuple[OutOfSampleDay, ...] = ()
    has_reference: bool = True  # without one nothing can be shown of it

    def __post_init__(self) -> None:
        days = [found.day for found in self.record]
        if days != sorted(set(days)) or (days and days[0] <= self.day):
            raise ValueError(
                f"the record of {self.version_id} ({self.day}) must ascend and begin after its day: {days}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class CoinState:
    """All that the decision about one coin on one day rests on."""

    coin: str
    day: date
    champion: Contender | None  # who traded `day`
    challenger: Contender | None  # who traded beside it: the newest version of the days before
    contests: Contests  # with `day`
    fallbacks: tuple[Contender, ...] = ()  # versions that a rollback may go to, newest first, never the champion


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was decided about a coin with the evidence up to the end of `day`; it holds from the next day on."""

    coin: str
    day: date
    verdict: Verdict
    version_id: str | None  # the champion from now on
    reason: str
    challenger_id: str | None = None  # who was judged
    contests: Contests | None = None  # None: no day has been judged yet
    broken_id: str | None = None  # the champion that was broken: it does not contend again

    def log_statistics(self) -> dict[str, object]:
        """Who was judged, by what evidence, as the decision log keeps it."""
        broken = {} if self.broken_id is None else {"broken_version_id": self.broken_id}
        return {**broken, "challenger_id": self.challenger_id, **(self.contests.to_json() if self.contests else {})}

    def __post_init__(self) -> None:
        if (self.version_id is None) != (self.verdict is Verdict.NONE):
            raise ValueError(f"only the verdict 'none' leaves a coin without a champion; found {self}")


def refused_versions(statistics: Iterable[Mapping[str, object]]) -> frozenset[str]:
    """The versions that logged decisions refused or rolled back: they do not contend again.

    Args:
        statistics: of the coin's decisions on earlier days, as `Decision.log_statistics` wrote them; coin_models 0.2 also
            refused challengers.
    """
    named = (logged.get(key) for logged in statistics for key in ("refused_version_id", "broken_version_id"))
    return frozenset(version_id for version_id in named if isinstance(version_id, str))
