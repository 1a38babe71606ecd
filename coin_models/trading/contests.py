"""The tests about a coin's champion, day by day.

Each new version against the champion (the reference where there is none), the reference against the champion, and whether
the tails of both are calibrated.

Who is judged is what the night publishes: on each day the newest version of the days before. The opponent is the champion,
or the version's own reference where the coin has no champion or one whose forecasts mean something else. Another opponent is
another test, from its first day on.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from coin_models.trading.calibration import Calibration
from coin_models.trading.evidence import REFERENCE, Evidence
from coin_models.trading.out_of_sample import OutOfSampleRecord

_KEY = "contests"
_NIGHTLY = "nightly versions"


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
    """The tests as of the end of a day."""

    challenger: Evidence
    reference: Evidence | None = None  # against the champion; None without one
    challenger_tails: Calibration | None = None  # of the versions that were judged, one after the other
    champion_tails: Calibration | None = None

    @classmethod
    def after(cls, before: "Contests | None", day: DayRecords) -> Self:
        """The tests with one more day; a day without a score leaves them as they were."""
        challenger = _of_opponent(before.challenger if before is not None else None, day.opponent)
        reference = None
        if day.champion_id is not None:
            reference = _with(
                _of_opponent(before.reference if before is not None else None, day.champion_id), day.reference_skill
            )
        return cls(
            challenger=_with(challenger, day.challenger_skill),
            reference=reference,
            challenger_tails=Calibration.after(
                before.challenger_tails if before is not None else None, _NIGHTLY, day.challenger
            ),
            champion_tails=Calibration.after(
                before.champion_tails if before is not None else None, day.champion_id or "", day.champion
            ),
        )

    def to_json(self) -> dict[str, object]:
        """What a decision logs."""
        tests = {field.name: getattr(self, field.name) for field in fields(self)}
        return {_KEY: {name: test.to_json() for name, test in tests.items() if test is not None}}

    @classmethod
    def of_statistics(cls, statistics: Iterable[Mapping[str, Any]]) -> Self | None:
        """The newest that these decisions logged, newest first; None of decisions before 0.3."""
        logged = next((found[_KEY] for found in statistics if _KEY in found), None)
        if not logged:
            return None
        reference, (judged, champion) = logged.get("reference"), map(logged.get, ("challenger_tails", "champion_tails"))
        return cls(
            challenger=Evidence.of_json(logged["challenger"]),
            reference=Evidence.of_json(reference) if reference else None,
            challenger_tails=Calibration.of_json(judged) if judged else None,
            champion_tails=Calibration.of_json(champion) if champion else None,
        )


def _of_opponent(evidence: Evidence | None, opponent: str) -> Evidence:
    return evidence if evidence is not None and evidence.opponent == opponent else Evidence(opponent=opponent)


def _with(evidence: Evidence, skill: float | None) -> Evidence:
    return evidence if skill is None else evidence.after(skill)


def _loss(record: OutOfSampleRecord | None) -> float | None:
    return record.loss if record is not None else None


def _skill(loss: float | None, of_opponent: float | None) -> float | None:
    return None if loss is None or not of_opponent else 1 - loss / of_opponent
