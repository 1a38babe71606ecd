"""The table of `skill`: it fits a terminal, and says what its figures are."""

import io
from datetime import date, timedelta

from rich.console import Console

from coin_models.cli.skill_table import print_leaderboard
from coin_models.reporting.leaderboard import make_leaderboard
from coin_models.reporting.report.out_of_sample import CoinSkills
from coin_models_tests.reporting.scored_days import scored

DAY = date(2024, 8, 15)
GOOD = (0.01, 0.03, 0.02, 0.01, 0.03)  # standard error 0.00447, times 2.132 x 1.15: 0.0110


def lines(skills: CoinSkills, width: int = 80) -> list[str]:
    text = io.StringIO()
    board = make_leaderboard(skills, DAY - timedelta(days=29), DAY, {"BTC": "version"})
    print_leaderboard(Console(file=text, width=width, force_terminal=True, color_system=None), board)
    return text.getvalue().splitlines()


def test_a_line_holds_both_skills_with_intervals_coverage_and_who_forecasts() -> None:
    printed = lines({"BTC": scored(DAY, GOOD)})

    assert printed[3].split() == [
        "BTC",
        "5",
        "+0.0200",
        "±0.0110",
        "+0.0500",
        "±0.0000",
        "81.0%",
        "±0.0",
        "+0.0200",
        "champion",
    ]
    assert printed[4].startswith("all coins")
    assert "1 of 1 intervals over the reference lie above 0; without skill 5% would." in printed
    assert "Coverage is that of the 80% interval." in printed


def test_it_fits_a_terminal_of_80_columns() -> None:
    skills = {coin: scored(DAY, [-0.1234, *GOOD] * 5) for coin in ("BTC", "PEPE", "1INCH")}

    printed = lines(skills)

    assert max(map(len, printed)) <= 80
    assert sum(line.startswith("PEPE") for line in printed) == 1  # in one block, not folded
    assert [line for line in printed if line.startswith(("2024-07", "2024-08"))]


def test_few_days_have_no_interval_and_nothing_is_counted_of_them() -> None:
    printed = lines({"BTC": scored(DAY, (0.01, 0.02))})

    assert "+0.0150 too few" in printed[3]
    assert not any("lie above 0" in line for line in printed)


def test_intervals_of_different_levels_are_named_in_their_cells() -> None:
    printed = lines(
        {"BTC": scored(DAY, GOOD), "ETH": scored(DAY, GOOD, coverage=0.88, nominal_coverage=0.9)}, width=200
    )

    assert any(line.startswith("BTC") and "81.0% ±0.0 of 80%" in line for line in printed)
    assert any(line.startswith("ETH") and "88.0% ±0.0 of 90%" in line for line in printed)
    assert not any("Coverage is that of" in line for line in printed)


def test_versions_without_a_reference_have_a_dash() -> None:
    printed = lines({"OLD": scored(DAY, [None] * 5)})

    assert printed[3].split()[:3] == ["OLD", "5", "\N{EN DASH}"]
