"""The learning rate as a function of the step number, so that there is no schedule to save."""

from math import cos, pi

WARM_UP = 0.2  # share of the steps


def learning_rate(step: int, num_steps: int, peak: float) -> float:
    """One cycle (Smith 2018): a line up over the first fifth of the steps, then a half cosine down to zero.

    Args:
        step: from 0.
        num_steps: of the whole fit.
        peak: reached at the end of the warm-up.
    """
    position = (step + 1) / num_steps
    if position <= WARM_UP:
        return peak * position / WARM_UP
    return peak * 0.5 * (1.0 + cos(pi * (step + 1 - WARM_UP * num_steps) / (num_steps * (1.0 - WARM_UP) + 1)))
