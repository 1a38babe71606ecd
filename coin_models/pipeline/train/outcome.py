"""What became of one coin-day in a run.

Belongs here: the value. Not here: what is done with it (recorder, tables, attempts).
"""

from dataclasses import dataclass
from datetime import date

from coin_models.operations.attempts import Action, Outcome
from coin_models.pipeline.plan.plan import Action as Planned
from coin_models.registry.versions import ModelVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class CoinOutcome:
    """One coin of one day."""

    coin: str
    day: date
    outcome: Outcome
    action: Action
    reason: str | None = None
    version: ModelVersion | None = None
    num_candles: int | None = None
    samples_per_second: float | None = None
    error: Exception | None = None  # why it failed, for those who ask whether a place is to blame
    planned: Planned = Planned.TRAIN  # what the plan said about it

    @property
    def key(self) -> tuple[str, date]:
        """Coin and day."""
        return self.coin, self.day
