"""One call of `coin-models retrain`: days in order, one Dagster run each, in this process.

Belongs here: which coins of which days are asked for, and what the exit code says. Not here: options, printing.
"""

import time
from collections.abc import Sequence
from datetime import date

from coin_models.cli.console import DayBar
from coin_models.cli.options import parse_coins
from coin_models.daily.report import DayReport, day_report
from coin_models.daily.shift import Shift, open_shift
from coin_models.daily.workshop import Workshop
from coin_models.defs.build import build_definitions
from coin_models.defs.home import open_instance
from coin_models.defs.launch import run_day
from coin_models.defs.resources import shift_of
from coin_models.errors import Interrupted
from coin_models.market.universe import resolve_universe
from coin_models.operations.preflight import check_disk
from coin_models.settings.root import Settings
from coin_models.training.notice_sources import build_notice_board


class RetrainingSession:
    """Retrains days, oldest first, showing progress on a bar."""

    def __init__(self, settings: Settings, bar: DayBar) -> None:
        self._settings = settings
        self._bar = bar
        self._named_coins = False

    def run(self, days: Sequence[date], coins: str | None, *, force: bool) -> list[DayReport]:
        """Trains what is missing of these days.

        Raises:
            Interrupted: notice came; what was finished is kept, the rest is checkpointed.
        """
        check_disk(self._settings)
        wanted = parse_coins(coins, resolve_universe(self._settings))
        self._named_coins = coins is not None
        workshop = Workshop(settings=self._settings, progress=self._bar)
        done = set() if force else workshop.registry.days_done(wanted, days[0], days[-1])
        missing = {day: [coin for coin in wanted if (coin, day) not in done] for day in days}
        if not any(missing.values()):
            return [day_report(workshop, day, wanted, session_id=None, wall_seconds=0.0) for day in days]
        with open_shift(workshop, build_notice_board(self._settings.interruption)) as shift:
            return self._run_days(shift, missing, wanted, force=force)

    def _run_days(
        self, shift: Shift, missing: dict[date, list[str]], wanted: Sequence[str], *, force: bool
    ) -> list[DayReport]:
        definitions = build_definitions(self._settings, shift=shift_of(shift))
        reports = []
        with open_instance(self._settings) as instance:
            for number, (day, coins) in enumerate(missing.items(), start=1):
                self._bar.say(f"{day}" if len(missing) == 1 else f"{day} ({number} of {len(missing)})")
                began = time.monotonic()
                if coins:
                    tags = {
                        "day": day.isoformat(),
                        "asked_by": "coin-models retrain",
                        "session": shift.session.session_id,
                    }
                    run_day(instance, definitions, shift, day, coins, force=force, tags=tags)
                notice = shift.notice.received()
                if notice is not None:
                    raise Interrupted(f"{notice.source}: what was finished is kept; the same command goes on from here")
                reports.append(
                    day_report(
                        shift.workshop,
                        day,
                        wanted,
                        session_id=shift.session.session_id,
                        wall_seconds=time.monotonic() - began,
                    )
                )
        return reports

    def exit_code(self, reports: Sequence[DayReport]) -> int:
        """0 when all that was asked is there: a coin that a rule rules out counts only when it was asked for by name."""
        missing = any(report.failed or (self._named_coins and report.skipped) for report in reports)
        return 1 if missing else 0
