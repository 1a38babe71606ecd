"""The figures of the parents benchmark: skill by rule, paired differences, cost, and the first run of a new home."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

RULES = ("full", "chain", "week", "stale")
BASES = ("unconditional", "scaled")
PAIRS = (
    ("week", "chain"),
    ("week", "stale"),
    ("chain", "stale"),
    ("full", "week"),
    ("full", "chain"),
    ("full", "stale"),
)
"""First minus second: above 0, the first is better."""

LEVEL = 0.9
LONG_BLOCK_DAYS = 7
"""Blocks as long as a chain, beside those of one day: fits of neighbouring days share their full retrain."""

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedCoinDay:
    """Mean pinball loss of a coin on one judged day, by rule and baseline."""

    coin: str
    day: date
    age: int
    """Days from the full retrain to the day that was fitted, which is the day before."""
    loss: Mapping[str, float]


@dataclass(slots=True, kw_only=True)
class FitCost:
    """What one kind of work cost in this process."""

    num: int = 0
    steps: int = 0
    """Of one fit."""
    cpu_seconds: float = 0.0
    num_unchanged: int = 0
    """Fits whose best epoch was the parent, before the first step."""

    def add(self, *, num: int, steps: int, cpu_seconds: float, num_unchanged: int = 0) -> None:
        """Counts the work of a cohort."""
        self.num += num
        self.steps = steps
        self.cpu_seconds += cpu_seconds
        self.num_unchanged += num_unchanged

    @property
    def cpu_seconds_each(self) -> float:
        """CPU time of one coin."""
        return self.cpu_seconds / max(self.num, 1)


def summarise(
    judged: Sequence[JudgedCoinDay], costs: Mapping[str, FitCost], every_days: int, *, num_samples: int
) -> dict[str, Any]:
    """Everything that is printed, as plain values."""
    scores = Scores(judged, num_samples)
    everything = np.ones(len(judged), dtype=bool)
    return {
        "first_day": str(min(record.day for record in judged)),
        "last_day": str(max(record.day for record in judged)),
        "num_days": len({record.day for record in judged}),
        "num_coins": len({record.coin for record in judged}),
        "num_judged": len(judged),
        "skill": {base: {rule: float(scores.skill(rule, base).mean()) for rule in RULES} for base in BASES},
        "difference": {f"{a} - {b}": scores.difference(a, b, everything) for a, b in PAIRS},
        "by_age": {age: _by_age(scores, age) for age in range(every_days)},
        "steady_state": {rule: _steady_state(rule, costs, every_days) for rule in RULES},
        "first_run": {rule: _first_run(rule, costs, every_days) for rule in RULES},
        "costs": {
            kind: {
                "num": cost.num,
                "steps": cost.steps,
                "cpu_seconds_each": round(cost.cpu_seconds_each, 4),
                "share_unchanged": round(cost.num_unchanged / max(cost.num, 1), 4),
            }
            for kind, cost in costs.items()
        },
    }


class Scores:
    """Judged coin-days as arrays.

    The skill of a coin, 1 - sum of losses / sum of the base's, is the mean of (base - loss) / mean of the base: one score
    per coin-day, whose mean over coins and days is the mean skill.
    """

    def __init__(self, judged: Sequence[JudgedCoinDay], num_samples: int) -> None:
        self._num_samples = num_samples
        self._loss = {name: np.array([record.loss[name] for record in judged]) for name in (*RULES, *BASES)}
        self._coin = np.unique([record.coin for record in judged], return_inverse=True)[1]
        self._day = np.unique([record.day.toordinal() for record in judged], return_inverse=True)[1]
        self.age = np.array([record.age for record in judged])

    def skill(self, rule: str, base: str) -> Array:
        """The score of each coin-day over a base."""
        scores: Array = (self._loss[base] - self._loss[rule]) / self._mean_of_coin(self._loss[base])
        return scores

    def difference(self, a: str, b: str, chosen: NDArray[np.bool_]) -> dict[str, float]:
        """Skill of `a` minus that of `b` over the scaled baseline: mean, intervals, t clustered by day, coins won."""
        values = (self.skill(a, "scaled") - self.skill(b, "scaled"))[chosen]
        num_days = int(self._day.max()) + 1
        sums = np.bincount(self._day[chosen], values, num_days).astype(np.float64)
        counts = np.bincount(self._day[chosen], minlength=num_days).astype(np.float64)
        by_coin = np.bincount(self._coin[chosen], values)
        low, high = interval(sums, counts, 1, self._num_samples)
        long_low, long_high = interval(sums, counts, LONG_BLOCK_DAYS, self._num_samples)
        return {
            "mean": float(values.mean()),
            "low": low,
            "high": high,
            "low_long_blocks": long_low,
            "high_long_blocks": long_high,
            "t": clustered_t(sums, counts),
            "coins_better": int((by_coin > 0).sum()),
        }

    def _mean_of_coin(self, loss: Array) -> Array:
        means: Array = (np.bincount(self._coin, loss) / np.bincount(self._coin))[self._coin]
        return means


def interval(sums: Array, counts: Array, block_days: int, num_samples: int) -> tuple[float, float]:
    """Interval of the mean by a circular block bootstrap over days (Politis and Romano 1992).

    Args:
        sums: (D,) sum of each day's values.
        counts: (D,) number of them.
        block_days: days that are drawn together.
        num_samples: bootstrap samples.
    """
    num_days = len(sums)
    rng = np.random.default_rng(7)
    starts_SB = rng.integers(num_days, size=(num_samples, -(-num_days // block_days)))
    days_SD = ((starts_SB[:, :, None] + np.arange(block_days)) % num_days).reshape(num_samples, -1)[:, :num_days]
    means = sums[days_SD].sum(axis=1) / np.maximum(counts[days_SD].sum(axis=1), 1)
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def clustered_t(sums: Array, counts: Array) -> float:
    """Mean over its standard error, errors of a day being dependent in any way (Liang and Zeger 1986)."""
    mean, num_days = sums.sum() / counts.sum(), int((counts > 0).sum())
    variance = np.square(sums - counts * mean).sum() * num_days / max(num_days - 1, 1) / counts.sum() ** 2
    return float(mean / np.sqrt(variance)) if variance > 0 else 0.0


def _by_age(scores: Scores, age: int) -> dict[str, Any]:
    chosen = scores.age == age
    if not chosen.any():
        return {"num_judged": 0}
    return {
        "num_judged": int(chosen.sum()),
        "skill": {base: {rule: float(scores.skill(rule, base)[chosen].mean()) for rule in RULES} for base in BASES},
        "difference": {f"{a} - {b}": scores.difference(a, b, chosen) for a, b in PAIRS},
    }


def _steady_state(rule: str, costs: Mapping[str, FitCost], every_days: int) -> dict[str, float]:
    """Mean cost of a coin-day, with every earlier version published."""
    full_share = 1.0 if rule == "full" else 1 / every_days
    warm_share = 0.0 if rule in ("full", "stale") else 1 - full_share
    return _cost(full_share, warm_share, costs)


def _first_run(rule: str, costs: Mapping[str, FitCost], every_days: int) -> dict[str, dict[str, float]]:
    """Cost of one coin's first model of today in an empty home: mean over weekdays, and the worst."""
    num_warm = {
        "full": [0] * every_days,
        "stale": [0] * every_days,
        "week": [min(age, 1) for age in range(every_days)],
        "chain": list(range(every_days)),
    }[rule]
    return {
        "mean": _cost(1.0, sum(num_warm) / every_days, costs),
        "worst": _cost(1.0, float(max(num_warm)), costs),
    }


def _cost(num_full: float, num_warm: float, costs: Mapping[str, FitCost]) -> dict[str, float]:
    full, warm, preparation = costs["full retrain"], costs["warm start"], costs["preparation"]
    return {
        "fits": round(num_full + num_warm, 3),
        "steps": round(num_full * full.steps + num_warm * warm.steps, 1),
        "cpu_seconds": round(
            num_full * full.cpu_seconds_each
            + num_warm * warm.cpu_seconds_each
            + (num_full + num_warm) * preparation.cpu_seconds_each,
            3,
        ),
    }


def print_report(report: Mapping[str, Any]) -> None:
    """Tables of rules, first runs, pairs and ages, and what the fits cost."""
    console = Console()
    console.print(
        f"{report['num_coins']} coins, {report['num_days']} days, {report['first_day']} to {report['last_day']}, "
        f"{report['num_judged']} judged coin-days"
    )
    for table in (_rules_table(report), _first_run_table(report), _pairs_table(report), _ages_table(report)):
        console.print(table)
    for kind, cost in report["costs"].items():
        console.print(f"{kind}: {cost['num']} coins, {cost['steps']} steps, {cost['cpu_seconds_each']:.3f} CPU s each")
    console.print(
        f"{report['costs']['warm start']['share_unchanged']:.0%} of the warm starts kept the parent's weights"
    )
    console.print(f"{report['cpu_seconds']:.0f} CPU s, {report['wall_seconds']:.0f} s in all")


def _table(title: str, columns: Sequence[str]) -> Table:
    table = Table(title=title)
    for number, name in enumerate(columns):
        table.add_column(name, justify="right" if number else "left")
    return table


def _rules_table(report: Mapping[str, Any]) -> Table:
    columns = ("rule", "over unconditional", "over scaled", "steps a day", "CPU s a day")
    table = _table("Mean skill, and the cost of a coin-day", columns)
    for rule in RULES:
        daily = report["steady_state"][rule]
        skill = (f"{report['skill'][base][rule]:+.5f}" for base in BASES)
        table.add_row(rule, *skill, f"{daily['steps']:.0f}", f"{daily['cpu_seconds']:.2f}")
    return table


def _first_run_table(report: Mapping[str, Any]) -> Table:
    table = _table(
        "First model of today in an empty home, a coin: mean weekday, worst", ("rule", "fits", "steps", "CPU s")
    )
    for rule in RULES:
        first = report["first_run"][rule]
        table.add_row(rule, *(f"{first['mean'][key]:.4g}, {first['worst'][key]:.4g}" for key in first["mean"]))
    return table


def _pairs_table(report: Mapping[str, Any]) -> Table:
    columns = ("rules", "mean", "blocks of 1 day", "blocks of 7 days", "t", "coins better")
    table = _table("Difference in skill over scaled, 1e-4; 90 % intervals, t clustered by day", columns)
    for name, value in report["difference"].items():
        table.add_row(
            name,
            f"{1e4 * value['mean']:+.1f}",
            f"{1e4 * value['low']:+.1f} to {1e4 * value['high']:+.1f}",
            f"{1e4 * value['low_long_blocks']:+.1f} to {1e4 * value['high_long_blocks']:+.1f}",
            f"{value['t']:+.2f}",
            str(value["coins_better"]),
        )
    return table


def _ages_table(report: Mapping[str, Any]) -> Table:
    pairs = ("week - chain", "week - stale", "chain - stale")
    table = _table(
        "Skill over scaled by days since the full retrain, 1e-4; differences with t", ("age", "num", *RULES, *pairs)
    )
    for age, value in report["by_age"].items():
        if value["num_judged"]:
            skill = (f"{1e4 * value['skill']['scaled'][rule]:+.0f}" for rule in RULES)
            differences = (value["difference"][pair] for pair in pairs)
            shown = (f"{1e4 * difference['mean']:+.1f} ({difference['t']:+.1f})" for difference in differences)
            table.add_row(str(age), str(value["num_judged"]), *skill, *shown)
    return table
