"""Settings of what `coin-models prune` keeps."""

from pydantic import Field

from coin_models.settings.base import SettingsGroup

SHORTEST_DAYS = 120
"""What a run looks back on: 60 days of versions that contend, the resume window, patterns and reports of 30 days."""


class RetentionSettings(SettingsGroup):
    """`COIN_MODELS_RETENTION_*`: what `coin-models prune` keeps."""

    days: int = Field(default=400, ge=SHORTEST_DAYS)
    """Days that everything is kept: versions, shadow trades, decisions, patterns, attempts, messages, runs. What is older is
    removed once it was also made so long ago; champions, parents of kept versions, and decisions that changed a champion stay."""
    monthly: bool = True
    """Keep, of what is older, one version of each coin and month."""
    events_days: int = Field(default=60, ge=14)
    """Days that the log of a run in Dagster is kept; its materializations stay for `days`."""
    automatic: bool = False
    """Prune every day, in the reaper's sensor and in `coin-models retrain`; otherwise only `coin-models prune` does."""
