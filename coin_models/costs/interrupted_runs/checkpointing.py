"""Optimal checkpoint intervals: Young's and Daly's formulas."""

import math


def young_interval_seconds(checkpoint_seconds: float, mean_seconds_between_interruptions: float) -> float:
    """The first-order best interval, sqrt(2 C M) (Young, Communications of the ACM 17, 1974)."""
    _check(checkpoint_seconds, mean_seconds_between_interruptions)
    return math.sqrt(2.0 * checkpoint_seconds * mean_seconds_between_interruptions)


def daly_interval_seconds(checkpoint_seconds: float, mean_seconds_between_interruptions: float) -> float:
    """The higher-order best interval (Daly, Future Generation Computer Systems 22, 2006, equation 37).

    Seconds of work between the end of one checkpoint and the beginning of the next; infinite where nothing interrupts.
    """
    _check(checkpoint_seconds, mean_seconds_between_interruptions)
    if math.isinf(mean_seconds_between_interruptions):
        return math.inf
    if checkpoint_seconds >= 2.0 * mean_seconds_between_interruptions:
        return mean_seconds_between_interruptions
    ratio = checkpoint_seconds / (2.0 * mean_seconds_between_interruptions)
    young = young_interval_seconds(checkpoint_seconds, mean_seconds_between_interruptions)
    return young * (1.0 + math.sqrt(ratio) / 3.0 + ratio / 9.0) - checkpoint_seconds


def _check(checkpoint_seconds: float, mean_seconds_between_interruptions: float) -> None:
    if not checkpoint_seconds > 0 or not mean_seconds_between_interruptions > 0:
        raise ValueError(
            f"a checkpoint of {checkpoint_seconds} s every {mean_seconds_between_interruptions} s of machine life: "
            "both must be positive"
        )
