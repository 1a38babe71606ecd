"""The line and the value of a setting at fault."""

import pytest

from coin_models.settings.origins import line_of, meant, place_of, value_shown

TEXT = """# a comment
home = "x"

[training]
  epochs = 3
trading.fee = 1

[ market ]
quote = "USDT"
"""


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("home", 2),
        ("training", 4),
        ("training.epochs", 5),
        ("training.trading.fee", 6),
        ("market.quote", 9),
        ("quote", None),
        ("epochs", None),
    ],
)
def test_the_line_is_that_of_the_key_within_its_table(name: str, line: int | None) -> None:
    assert line_of(name, TEXT) == line


def test_a_value_is_shown_where_it_can_be_no_secret() -> None:
    environ = {"COIN_MODELS_TRAINING_EPOCHS": "many", "COIN_MODELS_DATABASE_URL": "postgresql://me:secret@host/x"}

    assert value_shown("training.epochs", int | None, environ) == " (it is 'many')"
    assert value_shown("database_url", str, environ) == ""
    assert place_of("database_url", None, environ) == "COIN_MODELS_DATABASE_URL: database_url"
    assert place_of("quote", None, environ) == "quote"


def test_a_name_of_the_wrong_table_is_told_the_right_one() -> None:
    assert meant("market.universe", {"universe", "market.quote"}) == " (did you mean universe?)"
    assert meant("nothing.like", {"universe"}) == ""
