"""The job `release`: forgives the failures of quarantined coins from the launchpad, as `coin-models retry` does.

Belongs here: the job and its configuration. Not here: what quarantine is (operations/worklist.py). It trains nothing: the
resume sensor asks for what is missing at its next tick.
"""

from collections.abc import Sequence
from datetime import date

from dagster import Config, Failure, JobDefinition, OpExecutionContext, job, op
from pydantic import Field

from coin_models.pipeline.services import Services
from coin_models.settings.root import Settings

RELEASE = "release"


class ReleaseConfig(Config):
    """What the launchpad offers."""

    coins: list[str] = Field(default=[], description="Coins to release, such as [BTC, ETH]; empty: all of them.")
    day: str | None = Field(default=None, description="Only this trading day, YYYY-MM-DD; without it, every day.")


def build_release(settings: Settings, coins: Sequence[str]) -> JobDefinition:
    """The job; it opens no session, so it costs nothing and waits for no trainer."""

    @op(name="release_coins", description="Forgives the failures of these coins, so that they are tried again.")
    def release_coins(context: OpExecutionContext, config: ReleaseConfig) -> None:
        wanted, day = _wanted(config.coins, coins), _day(config.day)
        services = Services(settings=settings)
        try:
            released = {coin: services.attempts.release(coin, day) for coin in wanted}
        finally:
            services.database.close()
        for coin, num_released in released.items():
            context.log.info(f"{coin}: {num_released} failure(s) forgiven")
        context.add_output_metadata({"num_failures_forgiven": sum(released.values()), "coins": ", ".join(wanted)})

    @job(
        name=RELEASE,
        description="Releases coins from quarantine: their failures are forgiven, and the resume sensor tries them again.",
    )
    def release() -> None:
        release_coins()

    return release


def _wanted(named: Sequence[str], coins: Sequence[str]) -> list[str]:
    unknown = [coin for coin in named if coin not in coins]
    if unknown:
        raise Failure(f"unknown: {', '.join(unknown)}; the universe is {', '.join(coins)}", allow_retries=False)
    return list(named or coins)


def _day(named: str | None) -> date | None:
    try:
        return date.fromisoformat(named) if named else None
    except ValueError:
        raise Failure(f"day is {named!r}; write it as 2026-03-10", allow_retries=False) from None
