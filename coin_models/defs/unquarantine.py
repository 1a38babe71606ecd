"""The job `unquarantine`: resets failed attempts from the launchpad, like `coin-models unquarantine`.

It trains nothing: the resume sensor requests what is missing at its next tick.
"""

from collections.abc import Sequence

from dagster import Config, Failure, JobDefinition, OpExecutionContext, job, op
from pydantic import Field

from coin_models.errors import UsageError
from coin_models.operations.quarantine import Selection, describe_reset, select_quarantined, unquarantine
from coin_models.pipeline.services import open_services
from coin_models.settings.root import Settings

UNQUARANTINE = "unquarantine"


class UnquarantineConfig(Config):
    """What the launchpad offers: the options of the command."""

    coins: list[str] = Field(default=[], description="Coins to try again, such as [BTC, ETH]; empty: every coin.")
    day: str | None = Field(default=None, description="Only this trading day, YYYY-MM-DD.")
    first_day: str | None = Field(default=None, description="First trading day of a range (--from).")
    last_day: str | None = Field(default=None, description="Last trading day of a range (--to).")
    everything: bool = Field(
        default=False, description="Every coin on every day (--all); then leave the other fields empty."
    )


def build_unquarantine(settings: Settings, coins: Sequence[str]) -> JobDefinition:
    """The job; it opens no session, so it costs nothing and waits for no trainer."""

    @op(name="unquarantine_coins", description="Resets failed attempts, so that these coin-days are tried again.")
    def unquarantine_coins(context: OpExecutionContext, config: UnquarantineConfig) -> None:
        selection = _selection(config, coins)
        with open_services(settings, create=False) as services:
            reset = unquarantine(services.database, selection)
        context.log.info(describe_reset(reset))
        context.add_output_metadata({"num_attempts_reset": sum(reset.values()), "num_coin_days": len(reset)})

    @job(
        name=UNQUARANTINE,
        description="Ends quarantine: failed attempts are reset, and the resume sensor tries the coin-days again.",
    )
    def unquarantine_job() -> None:
        unquarantine_coins()

    return unquarantine_job


def _selection(config: UnquarantineConfig, coins: Sequence[str]) -> Selection:
    try:
        return select_quarantined(
            config.coins,
            coins,
            day=config.day,
            first=config.first_day,
            last=config.last_day,
            everything=config.everything,
        )
    except UsageError as error:
        raise Failure(str(error), allow_retries=False) from None
