"""The generated pages say what the code says."""

import pytest

from coin_models.settings.load import effective_settings
from coin_models.settings.root import Settings
from coin_models_tests.docs.reference import PAGES, REPOSITORY, commands, visible


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_current(name: str) -> None:
    stored = (REPOSITORY / "docs" / name).read_text(encoding="utf-8")

    assert stored == PAGES[name](), "run: python -m coin_models_tests.docs.reference"


def test_every_setting_says_what_it_is() -> None:
    unsaid = [row.name for row in effective_settings(Settings()) if not row.description]

    assert unsaid == []


def test_every_command_and_every_option_says_what_it_does() -> None:
    unsaid = [name for name, command in commands() if not command.help]
    unsaid += [
        f"{name} {p.name}" for name, command in commands() for p in visible(command) if not (p.help or "").strip()
    ]

    assert unsaid == []
