"""Numbers for people."""

import pytest

from coin_models.reporting.report import numbers


@pytest.mark.parametrize(
    ("shown", "wanted"),
    [
        (numbers.usd(12.345), "+$12.35"), (numbers.usd(-1234.5), "\N{MINUS SIGN}$1,234"), (numbers.usd(0.0), "$0.00"),
        (numbers.usd(None), "\N{EN DASH}"), (numbers.percent(0.8049, 0), "80\N{NO-BREAK SPACE}%"),
        (numbers.signed(-0.0123, 3), "\N{MINUS SIGN}0.012"), (numbers.duration(3.21), "3.2 s"),
        (numbers.duration(200), "3 min 20 s"), (numbers.duration(7500), "2 h 5 min"), (numbers.price(58719.5), "58,720"),
        (numbers.price(0.123456), "0.12346"),
    ],
)  # fmt: skip
def test_numbers_read_well(shown: str, wanted: str) -> None:
    assert shown == wanted
