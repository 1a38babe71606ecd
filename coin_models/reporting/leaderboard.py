"""The leaderboard of the user's own store: out-of-sample skill by coin, over all coins, by month and by volatility."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

from coin_models.reporting.report.out_of_sample import LEVEL, CoinSkills, DailyMean, DaySkill, clustered_mean

ALL: Final = "all coins"
TERCILES: Final = ("calm", "middle", "wild")
"""Thirds of each coin's days by the volatility that its version forecast for them."""
QUARTILES: Final = ("calmest", "calm", "wild", "wildest")
"""Likewise quarters."""

CHAMPION, REFERENCE = "champion", "reference"

_Scored = tuple[date, DaySkill]


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillLine:
    """Skill of the published versions of a coin, or over coins, on out-of-sample days; intervals count days."""

    name: str  # a coin, `ALL`, a month such as 2024-08, or a part of the days
    num_days: int
    over_reference: DailyMean | None  # None: the versions hold no reference
    over_unconditional: DailyMean | None
    coverage: DailyMean | None  # of the interval below, on the days that it was forecast
    nominal_coverage: float | None  # of the newest day's interval
    validation_skill: float | None  # of the same versions, on the days that chose their epoch
    forecaster: str | None = None  # who forecasts the coin now; None: nothing, or several coins

    @property
    def is_better(self) -> bool:
        """Whether the whole interval over the reference is above 0."""
        figure = self.over_reference
        return figure is not None and figure.low is not None and figure.low > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaderboard:
    """Skill on the recorded days of a span."""

    first: date
    last: date
    coins: tuple[SkillLine, ...]  # the best over the reference first, those without an interval last
    total: SkillLine
    months: tuple[SkillLine, ...]  # oldest first, over all coins
    volatility: tuple[SkillLine, ...]  # over all coins
    level: float = LEVEL  # of all intervals

    def to_json(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "level": self.level,
            "all_coins": asdict(self.total),
            "coins": [asdict(line) for line in self.coins],
            "months": [asdict(line) for line in self.months],
            "volatility": [asdict(line) for line in self.volatility],
        }


def make_leaderboard(
    skills: CoinSkills,
    first: date,
    last: date,
    champions: Mapping[str, str | None],
    *,
    parts: Sequence[str] = TERCILES,
    level: float = LEVEL,
) -> Leaderboard:
    """The leaderboard of recorded days.

    Args:
        skills: of the days from `first` to `last`; a coin without a day has no line.
        champions: version by coin; None or absent: the coin has none.
        parts: of each coin's days by volatility, the calmest first.
        level: of the intervals.
    """
    scored = [pair for days in skills.values() for pair in days.items()]
    by_month = _groups((f"{day:%Y-%m}", (day, skill)) for day, skill in scored)
    by_volatility = _groups(_by_volatility(skills, parts))
    lines = [
        skill_line(coin, days.items(), _forecaster(champions.get(coin), days), level=level)
        for coin, days in skills.items()
        if days
    ]
    return Leaderboard(
        first=first,
        last=last,
        coins=tuple(sorted(lines, key=_rank)),
        total=skill_line(ALL, scored, level=level),
        months=tuple(skill_line(month, by_month[month], level=level) for month in sorted(by_month)),
        volatility=tuple(skill_line(part, by_volatility[part], level=level) for part in parts if part in by_volatility),
        level=level,
    )


def _rank(line: SkillLine) -> tuple[bool, float, str]:
    figure = line.over_reference
    return figure is None or figure.low is None, -figure.mean if figure is not None else 0.0, line.name


def _forecaster(champion: str | None, days: Mapping[date, DaySkill]) -> str | None:
    """The champion, else the reference of the newest version, where that holds one."""
    if champion is not None:
        return CHAMPION
    return REFERENCE if days[max(days)].over_reference is not None else None


def skill_line(
    name: str, scored: Iterable[_Scored], forecaster: str | None = None, *, level: float = LEVEL
) -> SkillLine:
    """The line of some coin-days."""
    pairs = sorted(scored, key=lambda pair: pair[0])
    nominal = _newest_nominal(pairs)
    validation = clustered_mean((day, skill.validation) for day, skill in pairs)
    coverages = ((day, skill.coverage) for day, skill in pairs if skill.nominal_coverage == nominal)
    return SkillLine(
        name=name,
        num_days=len({day for day, _ in pairs}),
        over_reference=clustered_mean(((day, skill.over_reference) for day, skill in pairs), level),
        over_unconditional=clustered_mean(((day, skill.over_unconditional) for day, skill in pairs), level),
        coverage=clustered_mean(coverages, level),
        nominal_coverage=nominal,
        validation_skill=validation.mean if validation is not None else None,
        forecaster=forecaster,
    )


def _newest_nominal(pairs: Sequence[_Scored]) -> float | None:
    """The interval that most coins forecast on the newest day: shares of different intervals are not averaged."""
    of_newest = Counter(skill.nominal_coverage for day, skill in pairs if day == pairs[-1][0])
    return of_newest.most_common(1)[0][0] if of_newest else None


def _groups(named: Iterable[tuple[str, _Scored]]) -> dict[str, list[_Scored]]:
    groups: dict[str, list[_Scored]] = defaultdict(list)
    for name, pair in named:
        groups[name].append(pair)
    return groups


def _by_volatility(skills: CoinSkills, parts: Sequence[str]) -> Iterator[tuple[str, _Scored]]:
    """Each coin's own parts: a calm day of a wild coin is calm."""
    for days in skills.values():
        exposed = [(skill.exposure, day, skill) for day, skill in days.items() if skill.exposure]
        if len(exposed) < len(parts):
            continue
        for place, (_, day, skill) in enumerate(sorted(exposed, key=lambda item: (-item[0], item[1]))):
            yield parts[place * len(parts) // len(exposed)], (day, skill)
