"""The two tests about a coin's champion, day by day.

Each new version against the champion (the reference where there is none), and the reference against the champion.

Who is judged is what the night publishes: on each day the newest version of the days before. The opponent is the champion,
or the version's own reference where the coin has no champion or one whose forecasts mean something else. Another opponent is
another test, from its first day on.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from coin_models.trading.evidence import REFERENCE, Evidence
from coin_models.trading.out_of_sample import OutOfSampleRecord

_KEY = "contests"


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRecords:
    """What a day adds: the out-of-sample records of that day."""

    champion_id: str | None
    champion: OutOfSampleRecord | None
    challenger: OutOfSampleRecord | None
    comparable: bool = True  # levels and horizon of both are the same

    @property
    def opponent(self) -> str:
        """Whom the challenger has to beat."""
        return self.champion_id if self.champion_id is not None and self.comparable else REFERENCE

    @property
    def challenger_skill(self) -> float | None:
        """Of the challenger over its opponent; None where one of them was not scored."""
        if self.challenger is None:
            return None
        of_opponent = self.challenger.loss_reference if self.opponent == REFERENCE else _loss(self.champion)
        return _skill(self.challenger.loss, of_opponent)

    @property
    def reference_skill(self) -> float | None:
        """Of the reference that would forecast instead, the challenger's where there is one, over the champion."""
        own = self.champion.loss_reference if self.champion is not None else None
        newest = self.challenger.loss_reference if self.challenger is not None and self.comparable else None
        return _skill(newest if newest is not None else own, _loss(self.champion))


@dataclass(frozen=True, slots=True, kw_only=True)
class Contests:
    """Both tests as of the end of a day."""

    challenger: Evidence
    reference: Evidence | None = None  # against the champion; None without one

    @classmethod
    def after(cls, before: "Contests | None", day: DayRecords) -> Self:
        """The tests with one more day; a day without a score leaves them as they were."""
        challenger = _of_opponent(before.challenger if before is not None else None, day.opponent)
        reference = None
        if day.champion_id is not None:
            reference = _with(
                _of_opponent(before.reference if before is not None else None, day.champion_id), day.reference_skill
            )
        return cls(challenger=_with(challenger, day.challenger_skill), reference=reference)

    def to_json(self) -> dict[str, object]:
        """What a decision logs."""
        tests = {"challenger": self.challenger, "reference": self.reference}
        return {_KEY: {name: test.to_json() for name, test in tests.items() if test is not None}}

    @classmethod
    def of_statistics(cls, statistics: Iterable[Mapping[str, Any]]) -> Self | None:
        """The newest that these decisions logged, newest first; None of decisions before 0.3."""
        logged = next((found[_KEY] for found in statistics if _KEY in found), None)
        return cls(**{name: Evidence.of_json(content) for name, content in logged.items()}) if logged else None


def _of_opponent(evidence: Evidence | None, opponent: str) -> Evidence:
    return evidence if evidence is not None and evidence.opponent == opponent else Evidence(opponent=opponent)


def _with(evidence: Evidence, skill: float | None) -> Evidence:
    return evidence if skill is None else evidence.after(skill)


def _loss(record: OutOfSampleRecord | None) -> float | None:
    return record.loss if record is not None else None


def _skill(loss: float | None, of_opponent: float | None) -> float | None:
    return None if loss is None or not of_opponent else 1 - loss / of_opponent
