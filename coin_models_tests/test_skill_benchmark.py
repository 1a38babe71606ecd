"""The skill benchmark: what its page says of losses that are known."""

from datetime import date

import numpy as np
import pytest

from benchmarks.skill.page import leaderboard, render_page
from benchmarks.skill.summary import daily_losses, summarise
from benchmarks.skill.walk import Span, Walk

NAMES = ("unconditional", "scaled", "reference", "network", "published")
SHARE = {"unconditional": 1.0, "scaled": 0.95, "reference": 0.90, "network": 0.92, "published": 0.89}


@pytest.fixture(scope="module")
def walk() -> Walk:
    """Two coins and 56 days; each forecaster loses a known share of what unconditional quantiles lose, and some noise."""
    span = Span(coins=("BTC", "ETH"), last_day=date(2024, 8, 31), num_days=56, fit_every=14)
    result = Walk(span=span, names=NAMES, fit_seconds={"network": 12.0})
    rng = np.random.default_rng(5)
    for coin, size in (("BTC", 1.0), ("ETH", 30.0)):  # a wild coin must not outweigh the other
        for _ in range(span.num_days):
            base = size * rng.gamma(2.0, 1.0, 24)
            result.volatility.setdefault(coin, []).append(base)
            for name in NAMES:
                noise = 1 + 0.004 * rng.standard_normal()
                result.losses.setdefault((name, coin), []).append(
                    base * SHARE[name] * (noise if SHARE[name] < 1 else 1)
                )
    return result


def test_skill_is_one_minus_the_share_of_the_loss_and_each_coin_weighs_the_same(walk: Walk) -> None:
    summary = summarise(walk)

    over = summary["skill_over"]
    assert over["unconditional"] == pytest.approx({name: 1 - SHARE[name] for name in NAMES[1:]}, abs=0.002)
    assert over["reference"]["published"] == pytest.approx(1 - 0.89 / 0.90, abs=0.002)
    assert summary["by_coin"]["BTC"]["network"] == pytest.approx(0.08, abs=0.002)


def test_differences_of_days_are_told_from_chance_and_the_best_stay_in_the_confidence_set(walk: Walk) -> None:
    summary = summarise(walk)

    rival = summary["against"]["network"]
    assert rival["t"] > 10
    assert rival["low"] < 0.03 < rival["high"]
    assert summary["by_fit"]["better_in"]["network"] == summary["by_fit"]["fits"] == 4
    assert summary["model_confidence_set"]["published"] == 1.0
    assert summary["model_confidence_set"]["unconditional"] < 0.1
    assert daily_losses(walk).shape == (56, 5)


def test_the_page_names_each_month_quarter_and_coin_and_puts_the_best_first(walk: Walk) -> None:
    summary = summarise(walk)
    page = render_page(summary, "python -m benchmarks.skill --data FOLDER", "abc1234")

    assert [row[0] for row in leaderboard(summary)] == ["published", "reference", "network", "scaled", "unconditional"]
    assert all(word in page for word in ("2024-07", "2024-08", "wildest", "| BTC | ETH |", "--page docs/skill.md"))
    assert summary["by_volatility"]["wildest"]["published"] == pytest.approx(1 - 0.89 / 0.95, abs=0.003)
