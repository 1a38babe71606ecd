"""Numbers as countries write them: read where they can mean one thing only."""

import pandas as pd
import pytest

from coin_models.market.files.numerals import plain_numerals


def _plain(*columns: list[object]) -> list[list[object]]:
    return [column.tolist() for column in plain_numerals([pd.Series(column) for column in columns])]


def test_decimal_commas_are_points() -> None:
    assert _plain(["60000,5", "7"], ["0,125", "1,5e-3"]) == [["60000.5", "7"], ["0.125", "1.5e-3"]]


def test_commas_between_thousands_go() -> None:
    assert _plain(["60,000.50", "999.5"], ["1,234", "12"]) == [["60000.50", "999.5"], ["1234", "12"]]


@pytest.mark.parametrize(
    "columns",
    [
        (["1,234", "5,678"],),  # 1234 or 1.234
        (["1,5", "2.5"],),  # a damaged number among good ones
        (["60,000.50", "1,5"],),
        (["1,5", "1,,5"],),
        (["1.5", "2.5"],),
        ([1.5, 2.5],),
    ],
)
def test_anything_else_stays_as_it_is(columns: tuple[list[object], ...]) -> None:
    assert _plain(*columns) == list(columns)
