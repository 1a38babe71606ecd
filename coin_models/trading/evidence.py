"""An always-valid test that one forecaster is better than another on out-of-sample days: a betting e-process.

A bettor starts with 1 and stakes on each day's skill of the first forecaster over the second. If on no day the expected
stake is favourable, wealth exceeds 1 / level with a probability of at most `level`, whenever anyone looks (Ville 1939;
Shafer 2021; Waudby-Smith & Ramdas 2024). Wealth is the e-value.

What is staked on is skill in units of its own scale, that of the days before, so that it is known when the day begins. Each
bettor has a slope: it wins or loses `STAKE` x tanh(slope x skill) of its wealth, so that no single day decides. The
null hypothesis is thus: given the days before it, no day's limited skill, the tanh, is above 0 in expectation. Nothing else is
assumed, neither normal nor independent days; a skill that is as likely above 0 as below, by as much, fulfils it (docs/adr/0133).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from math import exp, log, log1p, sqrt, tanh
from typing import Any, Final, Self

REFERENCE: Final = "reference"
"""The opponent's name where it is the reference of the version itself."""

SLOPES: Final = (0.35, 1.2)
"""Per scale, of one bettor each, a half of the start each: the flat one finds a small skill within months and counts a bad day
nearly in full, the steep one finds a large skill within weeks."""
STAKE: Final = 0.98
"""The most that a bettor stakes of its wealth: the worst day leaves a fiftieth of it."""
_SCALE: Final = 0.008  # of daily skill over the reference, before any day is known
_SCALE_DAYS: Final = 2  # days that it counts for
_LEAST: Final = 1e-300  # wealth that is handed over, at least: it has a logarithm


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The test as of the end of a day."""

    opponent: str  # `REFERENCE`, or a version's id
    num_days: int = 0
    sum_skill: float = 0.0  # of daily skills over the opponent
    sum_squares: float = 0.0
    log_wealths: tuple[float, ...] = (0.0,) * len(SLOPES)

    @property
    def e_value(self) -> float:
        """Wealth: the mean over the bettors."""
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
        in_scales = skill / scale
        return type(self)(
            opponent=self.opponent,
            num_days=self.num_days + 1,
            sum_skill=self.sum_skill + skill,
            sum_squares=self.sum_squares + skill**2,
            log_wealths=tuple(
                wealth + log1p(STAKE * tanh(slope * in_scales))
                for wealth, slope in zip(self.log_wealths, SLOPES, strict=True)
            ),
        )

    def to_json(self) -> dict[str, object]:
        """What a decision logs: equal to what is read back."""
        return {**asdict(self), "log_wealths": list(self.log_wealths)}

    @classmethod
    def of_json(cls, content: Mapping[str, Any]) -> Self:
        """From what a decision logged; the bettors of an earlier version hand their wealth over to those of today."""
        logged = cls(**{**content, "log_wealths": tuple(content["log_wealths"])})
        if len(logged.log_wealths) == len(SLOPES):
            return logged
        return replace(logged, log_wealths=(log(max(logged.e_value, _LEAST)),) * len(SLOPES))
