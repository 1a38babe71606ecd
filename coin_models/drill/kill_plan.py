"""Draws the kill times from a seed, so that a drill can be repeated.

Half of the kills of a short drill are aimed at phases; in a long drill, as many as there are phases. For an aimed kill
the child waits at the start of a phase and is killed there. The other kills come at any instant between the child's
start and some seconds of training.
"""

import random
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from coin_models.drill.phases import PHASES


class Mode(StrEnum):
    """How the child is killed."""

    SIGKILL = "sigkill"
    SIGTERM = "sigterm"
    MIXED = "mixed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """One kill to come."""

    number: signal.Signals
    phase: str | None  # on the threshold of this phase; None: at an instant
    share: float  # of the stretch over which instants are spread
    twice: bool = False  # SIGTERM again, a moment later


def plan_kills(num_kills: int, mode: Mode, seed: int) -> Iterator[Kill]:
    """The kills, in random order."""
    dice = random.Random(seed)  # noqa: S311 - a draw that can be repeated, not a secret
    num_aimed = min(len(PHASES), num_kills // 2)
    aims: list[str | None] = [*dice.sample(PHASES, num_aimed), *[None] * (num_kills - num_aimed)]
    dice.shuffle(aims)
    for phase in aims:
        number = _signal(mode, dice)
        twice = number is signal.SIGTERM and dice.random() < 0.25
        yield Kill(number=number, phase=phase, share=dice.random(), twice=twice)


def _signal(mode: Mode, dice: random.Random) -> signal.Signals:
    if mode is Mode.MIXED:
        return dice.choice((signal.SIGKILL, signal.SIGTERM))
    return signal.SIGKILL if mode is Mode.SIGKILL else signal.SIGTERM
