"""Asks the places that unavailable coin-days wait for, once and without waiting, whether they answer again.

Two small requests a minute, as long as something waits; a run would take ten seconds of a machine to get the same
answer. It belongs to no run: the resume sensor calls it (defs/sensors/resuming.py). The database needs no probe, since
a sensor that reads what waits has been answered by it.
"""

from collections.abc import Sequence
from dataclasses import replace

from coin_models.errors import ObjectNotFound
from coin_models.operations.places import place_of
from coin_models.pipeline.plan.action import Action
from coin_models.pipeline.plan.plan import Plan, PlannedCoinDay
from coin_models.pipeline.services import Services
from coin_models.settings.root import Settings
from coin_models.storage import keys

_TRIED = 2  # coins: one that its exchange does not serve for now must not speak for all
_LONGEST_SECONDS = 10.0  # a tick of a sensor may take 60
_PROBE_PERIOD_SECONDS = 60.0  # each tick begins with the next coin


def waiting_for_places(plan: Plan) -> list[PlannedCoinDay]:
    """What a place was unavailable for, and whose next try is not due."""
    return [item for item in plan if item.action is Action.UNAVAILABLE and not item.is_due]


def release_if_answered(services: Services, waiting: Sequence[PlannedCoinDay]) -> str | None:
    """Ends the pauses of what waits, where source and store answer; else says why they stay.

    Args:
        services: of the process that looks; its own source and store, which wait for an answer, are not used.
        waiting: what waits, not empty.
    """
    quick = replace(services, settings=_impatient(services.settings))
    try:
        _ask_store(quick)
        _ask_source(quick, _some(waiting, services.clock.now().timestamp()))
    except Exception as error:  # noqa: BLE001 - an error of a probe must not end the tick
        return f"{place_of(error) or 'a place'} does not answer yet: {error}"
    finally:
        quick.close()
    return None if services.place_watch.release(services.clock.now()) else "all places answer; the next try is soon due"


def _ask_store(services: Services) -> None:
    try:
        services.store.get(keys.IDENTITY)
    except ObjectNotFound:
        return


def _ask_source(services: Services, items: Sequence[PlannedCoinDay]) -> None:
    """Raises the last coin's error where the source delivers none of them; a refusal of the coin is an answer."""
    for number, item in enumerate(items, start=1):
        try:
            services.source.fetch(item.coin, item.day, item.day)
        except Exception as error:
            if place_of(error) is None:
                return
            if number == len(items):
                raise
        else:
            return


def _some(waiting: Sequence[PlannedCoinDay], seconds: float) -> list[PlannedCoinDay]:
    """Other coins at each tick, so that none decides for ever."""
    one_each = list({item.coin: item for item in waiting}.values())
    start = int(seconds // _PROBE_PERIOD_SECONDS) % len(one_each)
    return [*one_each[start:], *one_each[:start]][:_TRIED]


def _impatient(settings: Settings) -> Settings:
    """The settings, with one try of each request."""
    market = settings.market
    seconds = min(market.exchange_timeout_seconds, _LONGEST_SECONDS)
    return settings.model_copy(
        update={
            "market": market.model_copy(update={"exchange_attempts": 1, "exchange_timeout_seconds": seconds}),
            "operations": settings.operations.model_copy(update={"store_wait_seconds": 0.0}),
        }
    )
