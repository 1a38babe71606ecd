"""An always-valid test that one forecaster is better than another on out-of-sample days: a betting e-process.

A bettor starts with 1 and stakes on each day's skill of the first forecaster over the second. If on no day the expected
stake is favourable, wealth exceeds 1 / level with a probability of at most `level`, whenever anyone looks (Ville 1939;
Shafer 2021; Waudby-Smith & Ramdas 2024). Wealth is the e-value.

What is staked on is skill in units of its own scale, limited to `LIMIT` of them either way: the scale is that of the days
before, so that it is known when the day begins, and no single day decides. The null hypothesis is thus: given the days
before it, no day's limited skill is above 0 in expectation. Nothing else is assumed, neither normal nor independent days.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import exp, log1p, sqrt
from typing import Any, Final, Self

REFERENCE: Final = "reference"
"""The opponent's name where it is the reference of the version itself."""

LIMIT: Final = 1.5
"""In scales. A smaller one finds skill sooner, a larger one gives rare bad days their weight (docs/adr/0117)."""
STAKES: Final = (0.2, 0.4, 0.6)
"""Shares of wealth staked on a day's skill of one scale, a third of the start each; all are below 1 / LIMIT: never ruined."""
_SCALE: Final = 0.005  # of daily skill over the reference, before any day is known
_SCALE_DAYS: Final = 2  # days that it counts for


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The test as of the end of a day."""

    opponent: str  # `REFERENCE`, or a version's id
    num_days: int = 0
    sum_skill: float = 0.0  # of daily skills over the opponent
    sum_squares: float = 0.0
    log_wealths: tuple[float, ...] = (0.0,) * len(STAKES)

    @property
    def e_value(self) -> float:
        """Wealth: the mean over the stakes."""
        return sum(exp(min(wealth, 700.0)) for wealth in self.log_wealths) / len(self.log_wealths)

    @property
    def mean_skill(self) -> float | None:
        """Mean daily skill over the opponent; None without a day."""
        return self.sum_skill / self.num_days if self.num_days else None

    def proves(self, level: float) -> bool:
        """Whether better than the opponent is shown: a wrong answer on any day has a probability of at most `level`."""
        return self.e_value >= 1 / level

    def after(self, skill: float) -> Self:
        """With one more day.

        Args:
            skill: 1 - loss / loss of the opponent on that day.
        """
        scale = sqrt((_SCALE_DAYS * _SCALE**2 + self.sum_squares) / (_SCALE_DAYS + self.num_days))
        limited = min(max(skill / scale, -LIMIT), LIMIT)
        return type(self)(
            opponent=self.opponent,
            num_days=self.num_days + 1,
            sum_skill=self.sum_skill + skill,
            sum_squares=self.sum_squares + skill**2,
            log_wealths=tuple(
                wealth + log1p(stake * limited) for wealth, stake in zip(self.log_wealths, STAKES, strict=True)
            ),
        )

    def to_json(self) -> dict[str, object]:
        """What a decision logs: equal to what is read back."""
        return {**asdict(self), "log_wealths": list(self.log_wealths)}

    @classmethod
    def of_json(cls, content: Mapping[str, Any]) -> Self:
        """From what a decision logged."""
        return cls(**{**content, "log_wealths": tuple(content["log_wealths"])})
