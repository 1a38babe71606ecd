"""Where a drill's homes keep their things, and how they are read."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from coin_models.drill.backends import embedded, settings_to_read, temporary_stack
from coin_models.errors import StoreUnavailable


class StackThatCounts:
    """A stack that notes when it is started and stopped, and may not start."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.events: list[str] = []

    def up(self) -> None:
        self.events.append("up")
        if self.error is not None:
            raise self.error

    def down(self) -> None:
        self.events.append("down")

    def separate(self, name: str) -> Mapping[str, str]:
        return {"COIN_MODELS_STORE_URL": f"s3://bucket/{name}"}


def test_an_embedded_home_needs_no_variable(tmp_path: Path) -> None:
    settings = settings_to_read(tmp_path, embedded("killed"))

    assert (settings.home, settings.source) == (tmp_path, "demo")
    assert (settings.database_url, settings.store_url) == (None, None)


def test_a_home_is_read_where_its_children_kept_it_whatever_the_users_own_environment_says(tmp_path: Path) -> None:
    os.environ["COIN_MODELS_DATABASE_URL"] = "postgresql://user:secret@of-the-user/own"

    of_embedded = settings_to_read(tmp_path, {})
    of_stack = settings_to_read(
        tmp_path, {"COIN_MODELS_STORE_URL": "s3://bucket/killed", "COIN_MODELS_TIMEFRAME": "1h"}
    )

    assert of_embedded.database_url is None
    assert of_stack.store_url == "s3://bucket/killed"
    assert of_stack.timeframe == "5m"  # only the places matter


def test_a_stack_gives_each_home_its_own_place_and_is_stopped_at_the_end() -> None:
    stack = StackThatCounts()

    with temporary_stack(stack) as places:  # type: ignore[arg-type]
        urls = [places(name)["COIN_MODELS_STORE_URL"] for name in ("in-peace", "killed")]

    assert urls == ["s3://bucket/in-peace", "s3://bucket/killed"]
    assert stack.events == ["up", "down"]


def test_a_stack_of_which_one_server_does_not_start_is_stopped_too() -> None:
    stack = StackThatCounts(StoreUnavailable("s3 did not start"))

    with pytest.raises(StoreUnavailable), temporary_stack(stack):  # type: ignore[arg-type]
        pass

    assert stack.events == ["up", "down"]
