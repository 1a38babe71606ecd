"""The doctor: runs every check in order, one finding each; a check that fails never hides the next one."""

from collections.abc import Callable, Iterator

from coin_models.diagnostics.findings import Finding, examined
from coin_models.diagnostics.resource_checks import (
    check_channels,
    check_device,
    check_disk,
    check_quarantine,
    check_source,
    quick_source,
)
from coin_models.diagnostics.storage_checks import (
    check_clock,
    check_database,
    check_identity,
    check_permissions,
    check_secret_file,
    check_store,
    clock_offsets,
    quick_database,
    quick_store,
)
from coin_models.market.trading_day import newest_trading_day
from coin_models.market.universe import resolve_universe
from coin_models.pipeline.services import Services
from coin_models.settings.load import effective_settings
from coin_models.settings.places import find_settings_file

Begin = Callable[[str, int, int], object]


def diagnose(services: Services, begin: Begin = lambda _name, _number, _of: None) -> Iterator[Finding]:
    """The findings, each as soon as it is made; the whole takes a few seconds and changes nothing that stays.

    Args:
        services: what is looked at.
        begin: called before each check with its name, how many were made, and the number of all.
    """
    checks = list(_checks(services))
    for number, (name, check) in enumerate(checks):
        begin(name, number, len(checks))
        yield examined(name, check)


def _checks(services: Services) -> Iterator[tuple[str, Callable[[], Finding]]]:
    settings = services.settings
    yield "settings", lambda: check_secret_file(find_settings_file(), effective_settings(settings))
    yield "permissions", lambda: check_permissions(settings)
    yield "disk", lambda: check_disk(settings)
    yield "database", lambda: check_database(quick_database(settings), settings)
    yield "store", lambda: check_store(quick_store(settings))
    yield "identity", lambda: check_identity(quick_database(settings), quick_store(settings), settings)
    yield (
        "clock",
        lambda: check_clock(clock_offsets(settings, quick_database(settings), quick_store(settings))),
    )
    yield (
        "candles",
        lambda: check_source(
            quick_source(settings, services.clock),
            resolve_universe(settings),
            newest_trading_day(settings, services.clock),
            settings.market,
        ),
    )
    yield "device", lambda: check_device(settings.training)
    yield "quarantine", lambda: check_quarantine(services, quick_database(settings))
    yield "notifications", lambda: check_channels(settings, quick_database(settings))
