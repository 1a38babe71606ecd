"""The filter for texts: what is known to be secret is masked in every form, an ordinary word only where credentials stand."""

import json
from urllib.parse import quote

import pytest

from coin_models.errors import StoreRefused
from coin_models.redaction import Redactor, keep_secret, knows_secrets, redacted

_KEY = "hunter2hunter2"
_ODD = 'p@ss "w/o\\rd% ü'


def test_a_secret_is_masked_wherever_it_stands() -> None:
    redact = Redactor([_KEY])

    assert redact(f"a {_KEY}, bot{_KEY}/send, {_KEY}{_KEY}") == "a ***, bot***/send, ******"


@pytest.mark.parametrize("form", [_ODD, quote(_ODD), quote(_ODD, safe=""), json.dumps(_ODD)])
def test_a_secret_is_masked_as_a_url_and_json_write_it(form: str) -> None:
    assert "rd" not in Redactor([_ODD])(f"before {form} after")


@pytest.mark.parametrize("word", ["password", "failed", "a", "8333", "postgres"])
def test_an_ordinary_word_is_masked_only_where_credentials_stand(word: str) -> None:
    redact = Redactor([word])
    sentence = "password authentication failed for user a at port 8333 of postgres, after 8333a=b:a"

    assert redact(sentence) == sentence
    assert redact(f"postgresql://me:{word}@host, key={word}&x") == "postgresql://me:***@host, key=***&x"


def test_a_short_secret_is_no_part_of_a_longer_word() -> None:
    assert Redactor(["x7_Q"])("x7_Q, x7_Qs, (x7_Q)") == "***, x7_Qs, (***)"


def test_a_longer_secret_is_masked_whole_though_a_shorter_one_begins_it() -> None:
    assert Redactor([_KEY, f"{_KEY}-tail"])(f"{_KEY}-tail") == "***"


def test_our_errors_are_clean_from_their_birth() -> None:
    assert not knows_secrets()
    assert redacted(_KEY) == _KEY
    keep_secret([_KEY, ""])
    error = StoreRefused(f"the store answered {_KEY}")

    assert (str(error), repr(error)) == ("the store answered ***", "StoreRefused('the store answered ***')")
