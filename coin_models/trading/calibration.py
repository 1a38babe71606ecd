"""Calibration of each tail, pooled over out-of-sample days: always-valid tests of too many and of too few outcomes beyond it.

The share of a day's outcomes beyond a quantile, less the share that should be, is staked on as daily skill is (`evidence`):
once that it is positive, once that it is negative. The mean of both e-values is the tail's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from coin_models.trading.evidence import Evidence
from coin_models.trading.out_of_sample import OutOfSampleRecord

_NUM_TAILS = 2  # each is tested at half the level


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """The tests of both tails as of the end of a day."""

    name: str  # of whose forecasts
    lower_level: float  # the share that should lie below the lowest quantile
    upper_level: float  # and above the highest
    more_below: Evidence
    fewer_below: Evidence
    more_above: Evidence
    fewer_above: Evidence

    @classmethod
    def after(cls, before: "Calibration | None", name: str, record: OutOfSampleRecord | None) -> "Calibration | None":
        """With one more day; another name or other levels start again, a day without a record changes nothing."""
        if record is None:
            return before if before is not None and before.name == name else None
        levels = (record.lower_level, record.upper_level)
        if before is None or (before.name, before.lower_level, before.upper_level) != (name, *levels):
            before = cls._start(name, *levels)
        below, above = record.below - record.lower_level, record.above - record.upper_level
        return cls(
            name=name,
            lower_level=levels[0],
            upper_level=levels[1],
            more_below=before.more_below.after(below),
            fewer_below=before.fewer_below.after(-below),
            more_above=before.more_above.after(above),
            fewer_above=before.fewer_above.after(-above),
        )

    @classmethod
    def _start(cls, name: str, lower: float, upper: float) -> Self:
        test = Evidence(opponent=name)
        tests = dict.fromkeys(("more_below", "fewer_below", "more_above", "fewer_above"), test)
        return cls(name=name, lower_level=lower, upper_level=upper, **tests)

    def problems(self, level: float) -> tuple[str, ...]:
        """The tails that are not calibrated; of forecasts that are, any is found ever with a probability of at most `level`."""
        tails = (
            ("below the lowest quantile", self.lower_level, self.more_below, self.fewer_below),
            ("above the highest quantile", self.upper_level, self.more_above, self.fewer_above),
        )
        found = []
        for where, nominal, more, fewer in tails:
            e_value = (more.e_value + fewer.e_value) / 2
            if e_value >= _NUM_TAILS / level and more.mean_skill is not None:
                share = max(nominal + more.mean_skill, 0.0)  # a sum of rounded numbers may be below 0
                found.append(
                    f"{share:.1%} of the outcomes lie {where} instead of {nominal:.0%}, "
                    f"over {more.num_days} out-of-sample days (e-value {e_value:.2g})"
                )
        return tuple(found)

    def to_json(self) -> dict[str, object]:
        """What a decision logs."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value.to_json() if isinstance(value, Evidence) else value for name, value in values.items()}

    @classmethod
    def of_json(cls, content: Mapping[str, Any]) -> Self:
        """From what a decision logged."""
        values: dict[str, Any] = {
            name: Evidence.of_json(value) if isinstance(value, Mapping) else value for name, value in content.items()
        }
        return cls(**values)
