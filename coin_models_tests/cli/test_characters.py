"""Output that the terminal's encoding cannot show."""

import io
import subprocess
import sys

from coin_models.cli.characters import use_plain_characters
from coin_models.cli.status_table import MARKS


def shown(text: str) -> str:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="iso-8859-1", write_through=True)
    use_plain_characters(stream)
    stream.write(text)
    return raw.getvalue().decode("iso-8859-1")


def test_what_the_encoding_has_stays_and_the_rest_has_a_plain_character() -> None:
    assert shown("\u2212 0.2 % \u00b7 \u00e9 \u4e2d \udc80") == "- 0.2 % \u00b7 \u00e9 ? ?"


def test_every_state_has_a_mark_of_its_own() -> None:
    marks = [mark.partition("]")[2].partition("[")[0] for mark in MARKS.values()]

    assert len(set(shown("".join(marks)))) == len(marks)


def test_the_module_is_the_command_on_a_terminal_of_ascii() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "coin_models", "--help"],
        env={"PYTHONIOENCODING": "ascii", "PATH": ""},
        capture_output=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert b"retrain" in done.stdout
