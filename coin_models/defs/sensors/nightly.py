"""Keeps the nightly request in step with the schedule: when the schedule is off, later nights are not requested.

The first nightly run requests every night from its own on, so that a night without a machine is trained later. Once the
schedule is off, the resume sensor gives that request a last night: the newest one that was due by then. When the
schedule is on again, its next run makes a new request; nights between the two are not requested.
"""

from datetime import date, datetime, timedelta

from dagster import DagsterInstance

from coin_models.defs.runs import NIGHTLY
from coin_models.defs.schedules import NIGHTLY_AT
from coin_models.operations.requests import RequestLog


def is_schedule_off(instance: DagsterInstance) -> bool:
    """Whether a person turned the nightly schedule off; an untouched one is on."""
    turned = [state.is_running for state in instance.all_instigator_state() if state.instigator_name == NIGHTLY]
    return bool(turned) and not any(turned)


def newest_night(now: datetime) -> date:
    """The newest trading day whose night was due by now (UTC)."""
    ended = 1 if now.time() >= NIGHTLY_AT else 2
    return now.date() - timedelta(days=ended)


def end_nightly_if_off(requests: RequestLog, instance: DagsterInstance, now: datetime) -> bool:
    """Ends the nightly request where the schedule is off, with the newest night that was due; says whether it is off."""
    is_off = is_schedule_off(instance)
    if is_off:
        requests.end_open_ended(NIGHTLY, newest_night(now))
    return is_off


def turn_schedule_off(instance: DagsterInstance) -> bool:
    """Turns the nightly schedule off, as the switch in the UI does; false where no daemon has registered it yet."""
    states = [state for state in instance.all_instigator_state() if state.instigator_name == NIGHTLY]
    for state in states:
        instance.stop_schedule(state.instigator_origin_id, state.selector_id)
    return bool(states)
