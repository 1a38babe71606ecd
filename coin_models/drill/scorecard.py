"""The drill's scorecard: what the kills cost, and how each figure is calculated."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from statistics import median
from typing import Any

from coin_models.drill.child_run import Life, segments_in_order
from coin_models.drill.comparison import Comparison
from coin_models.drill.goodput import TwoAccounts
from coin_models.drill.phases import PHASES


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """The figures of one drill; the names are the keys of `--json`."""

    kills: int
    phases: dict[str, int]  # kills per phase, every phase named
    models: int
    lost_models: int
    duplicate_publications: int  # published twice, or trained to the end twice
    identical: bool  # every weight and every registry row
    parents_as_expected: bool  # every version starts from the one that the calendar names
    wasted_steps_per_kill: float
    wasted_seconds_per_kill: float
    wasted_fraction: float  # of all steps done
    recovery_seconds_p50: float | None  # from restart after a kill to the first new step
    recovery_ratio: float | None  # of that to imports and candles alone, timed in the same drill
    durable_seconds_max: float | None  # from notice to a durable checkpoint and a closed session
    grace_seconds_max: float | None  # from SIGTERM to the end of the process
    checkpoint_overhead: float  # of the fit's time
    workers: int  # at the same time
    accounts: TwoAccounts  # of the killed home's machine time: what the drill saw, what the ledger says
    days: int
    seconds: float
    problems: tuple[str, ...]  # coin-days that are not as they should be, by name

    @property
    def passed(self) -> bool:
        """Nothing lost, nothing published twice, all identical, every parent the right one."""
        is_whole = self.lost_models == 0 and self.duplicate_publications == 0 and self.models > 0
        return is_whole and self.identical and self.parents_as_expected

    def to_json(self) -> dict[str, Any]:
        """As `coin-models drill --json` prints it."""
        goodput = {"goodput": self.accounts.seen.goodput, "goodput_ledger": self.accounts.ledger.goodput}
        content = {**asdict(self), **goodput}
        return {name: round(value, 6) if isinstance(value, float) else value for name, value in content.items()}


def score(
    whole: Sequence[Life],
    lives: Sequence[Life],
    comparison: Comparison,
    *,
    checkpoint_overhead: float,
    workers: int,
    accounts: TwoAccounts,
    days: int,
    seconds: float,
    unavoidable_seconds: float,
    durable_seconds_max: float | None,
) -> Scorecard:
    """Adds up the uninterrupted child runs (`whole`) and the killed ones."""
    killed = [life for life in lives if life.killed_in is not None]
    wasted = wasted_steps(lives)
    done = sum(segment.last_step - segment.first_step for life in lives for segment in life.segments)
    recovery = _recovery_seconds(lives)
    graces = [life.exit_seconds for life in killed if life.kill is not None and life.kill.number.name == "SIGTERM"]
    per_kill = wasted / len(killed) if killed else 0.0
    twice = {*comparison.published_twice, *comparison.trained_twice}
    return Scorecard(
        kills=len(killed),
        phases={**dict.fromkeys(PHASES, 0), **Counter(life.killed_in for life in killed if life.killed_in)},
        models=comparison.num_models,
        lost_models=len(comparison.lost),
        duplicate_publications=len(twice),
        identical=comparison.is_identical,
        parents_as_expected=not comparison.other_parents,
        wasted_steps_per_kill=per_kill,
        wasted_seconds_per_kill=per_kill / (_steps_per_second(whole) or 1.0),
        wasted_fraction=wasted / done if done else 0.0,
        recovery_seconds_p50=recovery,
        recovery_ratio=None if recovery is None else recovery / unavoidable_seconds,
        durable_seconds_max=durable_seconds_max,
        grace_seconds_max=max(graces, default=None),
        checkpoint_overhead=checkpoint_overhead,
        workers=workers,
        accounts=accounts,
        days=days,
        seconds=seconds,
        problems=comparison.problems,
    )


def wasted_steps(lives: Sequence[Life]) -> int:
    """Steps done more than once: how far each child got with a cohort, less where the next one took it up."""
    reached: dict[int, int] = {}
    wasted = 0
    for segment in segments_in_order(lives):
        wasted += max(0, reached.get(segment.cohort, 0) - segment.first_step)
        reached[segment.cohort] = segment.last_step
    return wasted


def _recovery_seconds(lives: Sequence[Life]) -> float | None:
    """The median over the children that followed a kill; None where none of them had a step left to do."""
    of_worker: dict[int, list[Life]] = {}
    for life in lives:
        of_worker.setdefault(life.worker, []).append(life)
    pairs = (pair for mine in of_worker.values() for pair in pairwise(mine))
    taken_up = [life for before, life in pairs if before.killed_in is not None]
    seconds = [life.first_step_seconds for life in taken_up if life.first_step_seconds is not None]
    return median(seconds) if seconds else None


def _steps_per_second(lives: Sequence[Life]) -> float:
    segments = [segment for life in lives for segment in life.segments]
    steps = sum(segment.last_step - segment.first_step for segment in segments)
    seconds = sum(segment.seconds for segment in segments)
    return steps / seconds if seconds > 0 else 0.0
