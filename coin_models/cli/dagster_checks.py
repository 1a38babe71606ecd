"""The checks of `doctor` that need Dagster: its home, its daemon, its schedule and sensors.

Every other check is in diagnostics/.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from dagster import DagsterInstance, Definitions

from coin_models.defs.build import build_definitions
from coin_models.defs.instance.home import dagster_home, open_instance
from coin_models.diagnostics.findings import Finding, Level
from coin_models.home.opening import has_database
from coin_models.settings.root import Settings


def dagster_findings(settings: Settings) -> Iterator[Finding]:
    """Home, daemon, and what is to start by itself; looking makes no home."""
    if not has_database(settings):
        yield Finding(name="dagster home", text=f"{settings.home / 'dagster'}: made by the first `coin-models retrain`")
        yield _silent("no heartbeat")
        yield check_automation({}, build_definitions(settings))
        return
    with open_instance(settings) as instance:
        yield Finding(name="dagster home", text=f"{dagster_home(settings)}: opens")
        yield check_daemon(instance)
        yield check_automation(turned_in_the_ui(instance), build_definitions(settings))


def check_daemon(instance: DagsterInstance) -> Finding:
    """Whether a daemon runs the schedule, the sensors and the queue."""
    statuses = instance.get_daemon_statuses()
    silent = sorted(name for name, status in statuses.items() if not _is_healthy(status))
    if not silent:
        return Finding(name="dagster daemon", text=f"{len(statuses)} parts, all with a recent heartbeat")
    return _silent("no heartbeat" if len(silent) == len(statuses) else f"no heartbeat of {', '.join(silent)}")


def _is_healthy(status: Any) -> bool:
    """A recent heartbeat, and no error in it."""
    return status.healthy and not status.last_heartbeat.errors


def _silent(text: str) -> Finding:
    return Finding(
        name="dagster daemon",
        level=Level.WARNING,
        text=f"{text}: no scheduled runs; `coin-models retrain` works without it",
        advice="`coin-models ui` runs it together with the UI; for a machine that stays on see docs/deploy.md",
    )


def turned_in_the_ui(instance: DagsterInstance) -> dict[str, bool]:
    """Schedules and sensors that a person turned on (true) or off."""
    return {state.instigator_name: state.is_running for state in instance.all_instigator_state()}


def check_automation(turned: Mapping[str, bool], definitions: Definitions) -> Finding:
    """The schedule and the sensors are on: by default, unless one was `turned` off in the UI."""
    items: list[Any] = [*(definitions.schedules or ()), *(definitions.sensors or ())]
    off = sorted(item.name for item in items if not turned.get(item.name, item.default_status.value == "RUNNING"))
    if not off:
        return Finding(name="automation", text=f"on: {', '.join(sorted(item.name for item in items))}")
    return Finding(
        name="automation",
        level=Level.WARNING,
        text=f"off: {', '.join(off)}",
        advice="turn it on in the UI under Automation, unless it is off on purpose",
    )
