"""The actions of the plan.

| action | when |
|---|---|
| skip | a stated rule excludes the coin from training on this day |
| reuse | the wanted version is published |
| stale | only other versions are published, and the day is older than the window in which those are made again: kept |
| quarantined | the wanted version failed as often as is allowed |
| unavailable | its candles, or a place that it needs, are not available now |
| waiting | another session works on it, its next try is not due, or its parent cannot be made now |
| train | anything else; its parent first, where that is missing |
"""

from enum import IntEnum


class Action(IntEnum):
    """What is done with a coin-day."""

    TRAIN = 0
    REUSE = 1
    SKIP = 2
    STALE = 3
    UNAVAILABLE = 4
    WAITING = 5
    QUARANTINED = 6

    @property
    def word(self) -> str:
        """As JSON and tables say it."""
        return self.name.lower()
