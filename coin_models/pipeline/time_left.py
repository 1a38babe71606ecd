"""Estimates how long the rest of a command takes, from what each phase takes per coin.

The seconds per coin are those measured in this command; before a phase has begun, those that the last command on this
machine measured; before there was one, typical ones.
"""

import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from coin_models.pipeline.phases import Phase, PhaseProgress
from coin_models.settings.root import Settings
from coin_models.training.results import Progress

FILE: Final = "seconds_per_coin.json"
TYPICAL: Final[Mapping[Phase, float]] = {
    Phase.CANDLES: 0.6,
    Phase.CANDLE_RECORDS: 0.02,
    Phase.MODELS: 0.5,
    Phase.TRADES: 0.2,
    Phase.PATTERNS: 0.1,
    Phase.REPORT: 0.01,
}
"""Seconds per coin, of a fit per coin and epoch: the demo market on two cores, before anything was measured."""
_PRIOR_SHARE = 0.1  # of a phase's coins: after as many, its own measurement counts as much as the one before
_OF_THE_WHOLE_DAY = (Phase.PATTERNS, Phase.REPORT)
_ORDER = tuple(Phase)

Key = tuple[bool, date, int]
"""In the order of the work: whether it is of the whole day, the day, the place of the phase."""


@dataclass(slots=True)
class _Spent:
    seconds: float = 0.0
    units: float = 0.0


@dataclass(slots=True)
class TimeLeft:
    """What is left of a command: units by day and phase. A unit is a coin; of a fit, a coin's epoch."""

    usual: Mapping[Phase, float]
    now: Callable[[], float] = time.monotonic
    _left: dict[Key, float] = field(default_factory=dict)
    _totals: dict[Phase, float] = field(default_factory=lambda: dict.fromkeys(Phase, 0.0))
    _spent: dict[Phase, _Spent] = field(default_factory=lambda: {phase: _Spent() for phase in Phase})
    _cohorts: dict[tuple[date, tuple[str, ...]], float] = field(default_factory=dict)
    _key: Key | None = None
    _since: float = 0.0

    def expect(self, phase: Phase, day: date | None, units: float) -> None:
        """Says how much there is to do; replaces what was said before."""
        self._left[_key_of(phase, day)] = units
        self._totals[phase] = max(self._totals[phase], units)

    def reach(self, progress: PhaseProgress) -> None:
        """Notes where the command is; what comes before it is over."""
        key = _key_of(progress.phase, progress.day)
        if key != self._key:
            self._begin(key)
        if progress.phase is Phase.MODELS:
            return  # the fit itself tells more
        if progress.is_counted or progress.done:
            self._settle(key, progress.total - progress.done)

    def fit(self, progress: Progress) -> None:
        """Notes where a fit is, which belongs to the day that was reached last."""
        key = self._key
        if key is None or _phase_of(key) is not Phase.MODELS:
            return
        cohort, epochs = (progress.day, progress.coins), progress.epochs * len(progress.coins)
        done = epochs * progress.step / max(progress.steps, 1)
        before = self._cohorts.get(cohort)
        self._cohorts[cohort] = done
        left = self._left.get(key, 0.0)
        if before is None:  # what an earlier process did of it took no time here
            self._left[key] = max(left - done, epochs - done)
            return
        # The cohort that is fitted now is never behind what is left.
        self._settle(key, max(left - (done - before), epochs - done))

    @property
    def is_expecting(self) -> bool:
        """Whether there is anything to do, as far as it was told."""
        return any(self._totals.values())

    def seconds(self) -> float:
        """Until the end of what is expected; of a phase that takes longer than it used to, nothing is left."""
        key, waited = self._key, self.now() - self._since
        left = {other: self._seconds_of(other, units) for other, units in list(self._left.items())}  # a thread draws it
        return sum(max(seconds - waited, 0.0) if other == key else seconds for other, seconds in left.items())

    def share_done(self) -> float:
        """Between 0 and 1, of the time."""
        spent = sum(item.seconds for item in self._spent.values())
        if self._key is not None:
            spent += self.now() - self._since
        return spent / (spent + self.seconds()) if spent else 0.0

    def measured(self) -> dict[Phase, float]:
        """Seconds per unit of each phase that this command went through, and of the others as before."""
        return {phase: self._rate(phase, prior_share=0.0) for phase in Phase}

    def _begin(self, key: Key) -> None:
        if self._key is not None:
            self._settle(self._key, 0.0)
        self._left = {other: units for other, units in self._left.items() if other >= key}
        self._key, self._since = key, self.now()

    def _settle(self, key: Key, left: float) -> None:
        """Charges the time since the last call to the units that were done in it."""
        spent, now = self._spent[_phase_of(key)], self.now()
        spent.units += max(self._left.get(key, left) - left, 0.0)
        spent.seconds += now - self._since
        self._since, self._left[key] = now, left

    def _seconds_of(self, key: Key, units: float) -> float:
        return units * self._rate(_phase_of(key), prior_share=_PRIOR_SHARE)

    def _rate(self, phase: Phase, *, prior_share: float) -> float:
        spent, usual = self._spent[phase], self.usual[phase]
        prior = prior_share * self._totals[phase]
        units = spent.units + prior
        return (spent.seconds + prior * usual) / units if units and spent.units else usual


def _key_of(phase: Phase, day: date | None) -> Key:
    return phase in _OF_THE_WHOLE_DAY, day or date.min, _ORDER.index(phase)


def _phase_of(key: Key) -> Phase:
    return _ORDER[key[2]]


def usual_seconds(settings: Settings) -> dict[Phase, float]:
    """Seconds per unit of each phase on this machine, as they were measured last; typical ones where they were not."""
    with suppress(OSError, ValueError, AttributeError):
        stored = json.loads((settings.home / FILE).read_text())
        return {phase: _valid(stored.get(phase.name.lower()), TYPICAL[phase]) for phase in Phase}
    return dict(TYPICAL)


def keep_seconds(settings: Settings, seconds: Mapping[Phase, float]) -> None:
    """Stores them for the next command; an estimate is no reason to fail."""
    with suppress(OSError):
        text = json.dumps({phase.name.lower(): round(value, 6) for phase, value in seconds.items()}, indent=1)
        (settings.home / FILE).write_text(text + "\n")


def _valid(value: object, otherwise: float) -> float:
    return float(value) if isinstance(value, int | float) and 0 < value < 1e6 else otherwise


def describe_seconds(seconds: float) -> str:
    """Such as `about 40 s left`, `about 12 min left`; nothing left: the end takes longer than expected."""
    if seconds < 1:
        return "finishing"
    if seconds < 100:
        return f"about {seconds:.0f} s left"
    minutes = seconds / 60
    return f"about {minutes:.0f} min left" if minutes < 100 else f"about {minutes / 60:.1f} h left"
