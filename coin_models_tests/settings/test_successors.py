"""Renamed coins as text: what is read, added, dropped and refused."""

from datetime import date

import pytest

from coin_models.errors import SettingsError
from coin_models.settings.load import load_settings
from coin_models.settings.successors import BUILT_IN, Successor, successors_of


def test_matic_and_ftm_are_known_without_a_setting() -> None:
    table = successors_of(())

    assert (table["MATIC"].new, table["FTM"].new, table["OM"].ratio) == ("POL", "S", 4.0)


def test_a_setting_adds_changes_and_drops() -> None:
    table = successors_of(("lend:aave:2020-10-09:0.01", "FTM:-"))

    assert table["LEND"] == Successor(old="LEND", new="AAVE", day=date(2020, 10, 9), ratio=0.01)
    assert set(BUILT_IN) - set(table) == {"FTM"}


@pytest.mark.parametrize("text", ["MATIC", "MATIC:POL", "MATIC:POL:soon", "MATIC:POL:2024-09-13:0", "A:A:2024-01-01"])
def test_what_is_no_successor_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no successor|ratio|own successor|circle"):
        successors_of((text,))


def test_a_circle_is_refused() -> None:
    with pytest.raises(ValueError, match=r"form a circle"):
        successors_of(("S:FTM:2026-01-01",))


def test_a_bad_one_among_the_settings_is_said_with_its_name() -> None:
    with pytest.raises(SettingsError, match=r"market.successors.*'MATIC' is no successor; write OLD:NEW"):
        load_settings({"market": {"successors": ["MATIC"]}})


def test_a_successor_says_what_to_do() -> None:
    assert str(BUILT_IN["OM"]) == "OM became MANTRA on 2026-03-04, 4 for each: name MANTRA in the universe"
