"""Who gets the word champion, and whose tails are called off: simulated coins through the tests that promotion uses.

python -m benchmarks.champions [--universes 50] [--coins 20] [--level 0.0025] [--json]

A coin's month is 30 daily skills of its nightly versions over their reference, with the spread, the correlation between coins
and the tails that were measured (docs/promotion.md). Each passes through `Evidence` day by day, as `decide` reads it.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.skill.__main__ import commit
from coin_models.settings.trading import TradingSettings
from coin_models.trading.calibration import Calibration
from coin_models.trading.evidence import REFERENCE, Evidence
from coin_models.trading.out_of_sample import OutOfSampleRecord

Array = npt.NDArray[np.float64]

MONTH, TARGET_DAYS = 30, 21
SPREADS = (0.0092, 0.0080, 0.0074, 0.0099, 0.0080, 0.0084, 0.0095, 0.0076, 0.0078, 0.0074)
"""Standard deviation of daily skill over the reference of ten liquid coins, 140 days to 2024-08-31."""
CORRELATION = 0.29  # between coins, likewise
LAG_1 = 0.1  # 0.00 was measured
DEGREES = 4  # of Student's t
TAIL = 0.1  # share that should lie beyond either outermost quantile


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The outcome of simulated coins."""

    name: str
    true_skill: float  # mean daily skill over the reference
    num_days: int
    champions: float  # share of coins that ever had the word
    universes: float  # share of universes in which any coin had
    median_day: float | None  # of the first promotion, over the coins that had one
    mean_skill: float  # as printed after the last day


def simulate(
    rng: np.random.Generator, num_coins: int, num_days: int, true_skill: float, *, spread: float = 1.0
) -> Array:
    """Daily skills (coins, days) of one universe.

    Args:
        spread: the measured spreads times this.
    """
    warm_up = 20
    common = rng.standard_t(DEGREES, num_days + warm_up)
    own = rng.standard_t(DEGREES, (num_coins, num_days + warm_up))
    shocks = np.sqrt(CORRELATION) * common + np.sqrt(1 - CORRELATION) * own
    shocks /= np.sqrt(DEGREES / (DEGREES - 2))
    series = np.zeros_like(shocks)
    for day in range(1, series.shape[1]):
        series[:, day] = LAG_1 * series[:, day - 1] + np.sqrt(1 - LAG_1**2) * shocks[:, day]
    spreads = spread * np.resize(SPREADS, num_coins)
    skills: Array = true_skill + spreads[:, None] * series[:, warm_up:]
    return skills


def first_day(skills: Array, settings: TradingSettings) -> int | None:
    """The day, from 1, after which these skills make a champion; None: never."""
    evidence = Evidence(opponent=REFERENCE)
    for number, skill in enumerate(skills, start=1):
        evidence = evidence.after(float(skill))
        if number >= settings.promotion_trial_days and evidence.proves(settings.promotion_significance):
            return number
    return None


def measure(
    name: str, true_skill: float, num_days: int, *, universes: int, coins: int, settings: TradingSettings, spread: float
) -> Figures:
    """Simulates universes and follows each coin to its first promotion."""
    rng = np.random.default_rng(17)
    skills = [simulate(rng, coins, num_days, true_skill, spread=spread) for _ in range(universes)]
    days = [[first_day(coin, settings) for coin in universe] for universe in skills]
    promoted = [day for universe in days for day in universe if day is not None]
    return Figures(
        name=name,
        true_skill=true_skill,
        num_days=num_days,
        champions=len(promoted) / (universes * coins),
        universes=sum(any(day is not None for day in universe) for universe in days) / universes,
        median_day=float(np.median(promoted)) if promoted else None,
        mean_skill=float(np.mean(skills)),
    )


def run(universes: int, coins: int, settings: TradingSettings) -> list[Figures]:
    """The figures of docs/promotion.md."""
    cases = (
        ("no skill", 0.0, MONTH, 1.0),
        ("no skill, twice the spread", 0.0, MONTH, 2.0),
        ("no skill, half a year", 0.0, 6 * MONTH, 1.0),
        ("worse than the reference", -0.002, MONTH, 1.0),
        ("skill 0.008", 0.008, TARGET_DAYS, 1.0),
        ("skill 0.004", 0.004, TARGET_DAYS, 1.0),
        ("as measured on ten coins", 0.0020, TARGET_DAYS, 1.0),
        ("as measured on ten coins, half a year", 0.0020, 6 * MONTH, 1.0),
    )
    return [
        measure(name, skill, days, universes=universes, coins=coins, settings=settings, spread=spread)
        for name, skill, days, spread in cases
    ]


def tails_found(share: float, num_days: int, level: float, *, runs: int) -> float:
    """Share of runs in which a tail that holds this share of the outcomes instead of a tenth is found.

    A day has 24 independent outcomes, and its own share: a normal effect of 0.25 on the logit, with a lag-1 of 0.3.
    """
    rng, num_alarms = np.random.default_rng(3), 0
    for _ in range(runs):
        effects = rng.standard_normal(num_days + 5)
        for day in range(1, len(effects)):
            effects[day] = 0.3 * effects[day - 1] + np.sqrt(1 - 0.3**2) * effects[day]
        odds = share / (1 - share) * np.exp(0.25 * effects[5:])
        tests: Calibration | None = None
        for below, above in zip(
            rng.binomial(24, odds / (1 + odds)) / 24, rng.binomial(24, TAIL, num_days) / 24, strict=True
        ):
            tests = Calibration.after(tests, "version", _day(float(below), float(above)))
            if tests is not None and tests.problems(level):
                num_alarms += 1
                break
    return num_alarms / runs


def _day(below: float, above: float) -> OutOfSampleRecord:
    return OutOfSampleRecord(
        num_scored=288,
        loss=1.0,
        loss_unconditional=1.0,
        loss_reference=1.0,
        below=below,
        above=above,
        lower_level=TAIL,
        upper_level=TAIL,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the simulation and prints markdown, or JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.champions", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--universes", type=int, default=50, help="number of universes of each kind")
    parser.add_argument("--coins", type=int, default=20, help="coins of a universe")
    parser.add_argument("--level", type=float, help="`promotion_significance` in place of the default")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    level = options.level or TradingSettings().promotion_significance
    results = run(options.universes, options.coins, TradingSettings(promotion_significance=level))
    if options.json:
        json.dump([asdict(figures) for figures in results], sys.stdout, indent=1)
        return 0
    print(f"{options.universes * options.coins} coins of each kind, level {level}, at commit {commit()}\n")
    print(
        "| coins | true skill over the reference | days | ever champion | universes with any | median day | skill as printed |"
    )
    print("|---|---|---|---|---|---|---|")
    for one in results:
        day = "" if one.median_day is None else f"{one.median_day:.0f}"
        shares = f"{one.champions:.1%} | {one.universes:.0%} | {day} | {one.mean_skill:+.4f}"
        print(f"| {one.name} | {one.true_skill:+.4f} | {one.num_days} | {shares} |")
    print(
        "\n| share beyond the lowest quantile, instead of 10 % | found within 14 days | within 28 days |\n|---|---|---|"
    )
    for share in (TAIL, 0.05, 0.15, 0.2):
        powers = [tails_found(share, days, TradingSettings().rollback_significance, runs=3000) for days in (14, 28)]
        print(f"| {share:.0%} | {powers[0]:.1%} | {powers[1]:.1%} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
