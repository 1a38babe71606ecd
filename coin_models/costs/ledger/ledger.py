"""The sums of the ledger: what training cost per coin-day, day and month, goodput, cost of interruptions, net
savings.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date

from coin_models.costs.ledger.accounts import Entry, Seconds
from coin_models.costs.ledger.records import SPOT
from coin_models.settings.costs import MachinePrice


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLine:
    """One line of `coin-models costs`."""

    label: str
    """A trading day, a month, a coin-day or `total`."""
    num_sessions: int
    num_models: int
    billed_seconds: float
    useful_seconds: float
    redone_seconds: float
    checkpoint_seconds: float
    startup_seconds: float
    idle_seconds: float
    """Billed and not the fit: candles, shadow trades, patterns, the report, waiting."""
    cost_usd: float
    cost_per_model_usd: float | None
    goodput: float | None
    """Useful share of the billed time."""
    interruptions_usd: float
    """What interruptions cost: work redone, checkpoints, and start-ups that an interruption made necessary."""
    on_demand_usd: float | None
    """What the spot sessions' work, without the waste, would have cost on-demand; none where a price is not known."""
    saved_usd: float | None
    """On-demand cost less all that the spot sessions cost, waste included."""


class Ledger:
    """All entries, summed in every way that is requested."""

    def __init__(self, entries: Sequence[Entry], prices: Sequence[MachinePrice]) -> None:
        self._entries = tuple(entries)
        self._on_demand = {(p.provider, p.gpu): sum(p.on_demand_usd_per_hour) / 2.0 for p in prices}

    def between(self, first: date, last: date) -> "Ledger":
        """The entries of the trading days first..last."""
        chosen = Ledger([entry for entry in self._entries if first <= entry.day <= last], ())
        chosen._on_demand = self._on_demand
        return chosen

    def by_day(self) -> list[CostLine]:
        """A line per trading day."""
        return self._lines(lambda entry: entry.day.isoformat())

    def by_month(self) -> list[CostLine]:
        """A line per month of trading days."""
        return self._lines(lambda entry: f"{entry.day:%Y-%m}")

    def by_coin_day(self) -> list[CostLine]:
        """A line per coin and trading day; sessions that did nothing stand under `-`."""
        return self._lines(lambda entry: f"{entry.day.isoformat()} {entry.coin or '-'}")

    def total(self) -> CostLine:
        """Everything."""
        return self._line("total", self._entries)

    def _lines(self, label: Callable[[Entry], str]) -> list[CostLine]:
        groups: dict[str, list[Entry]] = defaultdict(list)
        for entry in self._entries:
            groups[label(entry)].append(entry)
        return [self._line(name, groups[name]) for name in sorted(groups)]

    def _line(self, label: str, entries: Sequence[Entry]) -> CostLine:
        seconds = sum((entry.seconds for entry in entries), Seconds())
        cost = sum(entry.cost_usd for entry in entries)
        num_models = len({(entry.day, entry.coin) for entry in entries if entry.trained})
        on_demand = self._on_demand_usd(entries)
        spot_cost = sum(entry.cost_usd for entry in entries if entry.session.market == SPOT)
        return CostLine(
            label=label,
            num_sessions=len({entry.session.session_id for entry in entries}),
            num_models=num_models,
            billed_seconds=seconds.billed,
            useful_seconds=seconds.useful,
            redone_seconds=seconds.redone,
            checkpoint_seconds=seconds.checkpoint,
            startup_seconds=seconds.startup,
            idle_seconds=seconds.idle,
            cost_usd=cost,
            cost_per_model_usd=cost / num_models if num_models else None,
            goodput=seconds.useful / seconds.billed if seconds.billed else None,
            interruptions_usd=sum(_interruptions_usd(entry) for entry in entries),
            on_demand_usd=on_demand,
            saved_usd=None if on_demand is None else on_demand - spot_cost,
        )

    def _on_demand_usd(self, entries: Sequence[Entry]) -> float | None:
        """The fit, the work beside it, and start-ups that no interruption caused; nothing for a session without a result."""
        total = 0.0
        for entry in entries:
            if entry.session.market == SPOT:
                price = self._on_demand.get((entry.session.provider, entry.session.gpu))
                if price is None:
                    return None
                startup = 0.0 if entry.after_interruption else entry.seconds.startup
                beside = 0.0 if entry.coin is None else entry.seconds.idle
                total += (entry.seconds.useful + startup + beside) / 3600.0 * price
        return total


def to_json(line: CostLine) -> dict[str, object]:
    """For `--json`."""
    return asdict(line)


def to_csv(lines: Sequence[CostLine]) -> str:
    """For `--csv`: a header and a row per line; unknown figures are empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [column.name for column in fields(CostLine)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(line) for line in lines)
    return text.getvalue()


def _interruptions_usd(entry: Entry) -> float:
    startup = entry.seconds.startup if entry.after_interruption else 0.0
    seconds = entry.seconds.redone + entry.seconds.checkpoint + startup
    return seconds / 3600.0 * entry.session.price_usd_per_hour
