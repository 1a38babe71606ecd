"""Each command has an example below its help. The tests of docs/ run them: docs/cli.md shows the same."""

from typer.main import get_command

from coin_models.cli.examples import EXAMPLES, lines
from coin_models.cli.main import app
from coin_models_tests.docs.reference import commands


def test_every_command_has_an_example_and_every_example_a_command() -> None:
    assert set(EXAMPLES) == {name for name, _ in commands()}


def test_the_examples_are_below_the_help_of_commands_and_of_groups_commands() -> None:
    by_name = dict(commands())

    assert by_name["models show"].epilog == (
        "Examples:\n\ncoin-models models show BTC\n\ncoin-models models show BTC --day 2024-08-15"
    )
    assert by_name["bench"].epilog == "Example:\n\ncoin-models bench"
    assert get_command(app).commands["retry"].epilog is None  # type: ignore[attr-defined]


def test_a_command_without_options_ends_with_its_name() -> None:
    assert lines("doctor")[0] == "coin-models doctor"
