"""Entry points of installed packages."""

from pathlib import Path

import pytest

from coin_models.errors import UsageError
from coin_models.plugins import PluginGroup, source_of
from coin_models_tests.offers import offered

GROUP = PluginGroup(group="coin_models.testing", kind="thing", setting="training.things")


def test_an_object_is_made_of_the_class_that_a_package_offers(tmp_path: Path) -> None:
    with offered(tmp_path, "class Thing:\n    level = 2\n", GROUP, thing="Thing") as module:
        made = GROUP.load("thing")
        assert made.level == 2
        assert source_of(made) == module
        assert GROUP.names() == ["thing"]


def test_what_is_not_installed_or_fails_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"training\.things names the thing 'nope', which no installed package offers; there are none"
    ):
        GROUP.load("nope")
    with (
        offered(
            tmp_path, "class Thing:\n    def __init__(self):\n        raise OSError('gone')\n", GROUP, thing="Thing"
        ),
        pytest.raises(
            UsageError, match="the thing 'thing' cannot be loaded from module_of_plugins:Thing: OSError: gone"
        ),
    ):
        GROUP.load("thing")
