"""What `coin-models serve` may be told."""

import pytest
from pydantic import SecretStr, ValidationError

from coin_models.settings.serve import ServeSettings


@pytest.mark.parametrize("token", ["short", "sixteen and a space", "sixteen-letters-ü", ""])
def test_a_token_that_is_easily_guessed_or_no_header_can_carry_is_refused_unquoted(token: str) -> None:
    with pytest.raises(ValidationError, match="token: it must have 16 characters or more") as refused:
        ServeSettings(token=SecretStr(token))

    assert not token or token not in str(refused.value)


def test_names_of_hosts_are_names_alone() -> None:
    assert ServeSettings(hosts=("api.example.org",)).hosts == ("api.example.org",)
    with pytest.raises(ValidationError, match=r"'https://api.example.org' are not names of hosts"):
        ServeSettings(hosts=("https://api.example.org",))
