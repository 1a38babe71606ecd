"""What was seen of the drill's children, made up."""

import signal
from datetime import UTC, datetime

from coin_models.drill.child_run import Life, Segment
from coin_models.drill.kill_plan import Kill


def life(
    *segments: tuple[int, int, int],
    killed_in: str | None = None,
    number: int = signal.SIGKILL,
    worker: int = 0,
    began_at: float = 0.0,
) -> Life:
    """Segments as cohort, first and last step, at ten steps a second; in all 20 s, of which 3 s are start-up."""
    return Life(
        worker=worker,
        process_id=4711,
        seconds=20.0,
        ended_at=datetime(2024, 8, 2, 3, tzinfo=UTC),
        start_seconds=3.0,
        first_step_seconds=8.0,
        segments=tuple(
            Segment(cohort=cohort, first_step=first, last_step=last, began_at=began_at, seconds=(last - first) / 10.0)
            for cohort, first, last in segments
        ),
        killed_in=killed_in,
        kill=Kill(number=signal.Signals(number), phase=None, share=0.5) if killed_in else None,
        exit_seconds=0.4,
    )
