"""What a person gave is printed as it is: neither rich's markup nor its emoji codes are read into it."""

import contextlib
import io
import os
import pty
import re
import sys
from datetime import date
from pathlib import Path

import pytest
from rich.console import Console

from coin_models.cli import console
from coin_models.cli.console import counting_bar, day_bar
from coin_models.cli.options import parse_path
from coin_models.pipeline.phases import Phase, PhaseProgress
from coin_models.pipeline.time_left import TYPICAL
from coin_models.training.results import Progress
from coin_models_tests.cli.running import coin_models, make_home

ODD = "[x] [/] :cat: [red]a"
PRICES = f"""
[costs]
planned_gpu = "{ODD}"
[[costs.prices]]
gpu = "{ODD}"
provider = "me {ODD}"
spot_usd_per_hour = [0.1, 0.2]
on_demand_usd_per_hour = [0.3, 0.4]
seen = 2026-01-01
"""


@pytest.mark.parametrize("command", [("status",), ("doctor",), ("home", "show")])
def test_a_path_with_brackets_and_colons_is_shown_as_it_is(tmp_path: Path, command: tuple[str, ...]) -> None:
    store = str(tmp_path / "[x] :cat:")
    make_home(tmp_path, store_url=store)
    ran = coin_models(tmp_path, *command, store_url=store)

    assert store in ran.stdout


def test_the_name_of_a_machine_is_shown_as_it_is(tmp_path: Path) -> None:
    make_home(tmp_path)
    ran = coin_models(tmp_path, "plan", "--published", toml=PRICES)

    assert f"machine: {ODD} of me {ODD}, prices of 2026-01-01" in ran.text


def test_a_refused_value_is_quoted_as_it_is(tmp_path: Path) -> None:
    ran = coin_models(tmp_path, "status", home=f"/nowhere/{ODD}")

    assert ran.code == 2
    assert ODD in ran.stderr


def test_consoles_read_no_emoji_codes() -> None:
    assert [one.render_str(":cat:").plain for one in (console.out, console.err)] == [":cat:", ":cat:"]


def test_a_tilde_that_the_shell_has_left_is_the_users_home() -> None:
    assert parse_path("~/x") == Path.home() / "x"
    with pytest.raises(ValueError, match="no such user's home folder"):
        parse_path("~no-such-user/x")


def test_an_option_for_a_folder_takes_a_tilde(tmp_path: Path) -> None:
    ran = coin_models(tmp_path, "stack", "status", "--folder=~no-such-user/x")

    assert ran.code == 2
    assert "there is no such user's home folder" in ran.text


def test_the_bar_moves_while_stderr_goes_to_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it does in a run: Dagster turns the descriptor to its compute log."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    screen, terminal = pty.openpty()
    log = tmp_path / "step.err"
    fit = Progress(
        day=date(2024, 8, 12), coins=("BTC",), epoch=2, epochs=6, step=1, steps=3, samples_per_second=1.0,
        eta_seconds=2.0, phase="train",
    )  # fmt: skip
    with os.fdopen(terminal, "w") as stderr, log.open("w") as file:
        monkeypatch.setattr(sys, "stderr", stderr)
        with day_bar(TYPICAL) as bar:
            bar.reach(PhaseProgress(phase=Phase.MODELS, day=date(2024, 8, 15), done=0, total=20))
            os.dup2(file.fileno(), stderr.fileno())
            bar(fit)
            bar.bars.refresh()
            print("a line of the run", file=stderr, flush=True)
    shown = _all_of(screen)

    assert "first 2024-08-12" in shown
    assert "epoch 2/6" in shown
    assert log.read_text() == "a line of the run\n"


def test_the_bar_names_the_phase_and_what_is_left_of_the_whole_command() -> None:
    shown = io.StringIO()
    console = Console(file=shown, force_terminal=True, width=80)
    usual = {**TYPICAL, Phase.TRADES: 1.0, Phase.PATTERNS: 2.0}
    with day_bar(usual, console) as bar:
        for phase in (Phase.TRADES, Phase.PATTERNS):
            bar.expect(phase, date(2024, 8, 15), 20)
        bar.reach(PhaseProgress(phase=Phase.TRADES, day=date(2024, 8, 15), done=0, total=20))
        bar.bars.refresh()

    assert re.search(r"2024-08-15 shadow trades 0/20.*about (60|59) s left", shown.getvalue())


def test_a_count_says_what_is_left_at_its_rate() -> None:
    shown = io.StringIO()
    with counting_bar(Console(file=shown, force_terminal=True, width=80)) as advance:
        advance("checksums", 2, 1000)
        advance("done", 1000, 1000)

    assert "1,000 of 1,000" in shown.getvalue()


def test_checks_of_different_kinds_have_no_rate() -> None:
    shown = io.StringIO()
    with counting_bar(Console(file=shown, force_terminal=True, width=80)) as advance:
        for number, name in enumerate(("settings", "disk", "candles")):
            advance(name, number, 3)

    assert "2 of 3" in shown.getvalue()
    assert "left" not in shown.getvalue()


def test_what_is_printed_aside_stands_alone_and_the_bar_comes_back() -> None:
    shown = io.StringIO()
    console = Console(file=shown, force_terminal=True, width=80)
    with counting_bar(console) as advance:
        advance("disk", 0, 2)
        with advance.aside():
            shown.write("ok disk\n")
        advance("store", 1, 2)
        advance.bars.refresh()

    text = shown.getvalue()
    assert text.index("disk") < text.index("ok disk\n") < text.rindex("store")


def test_without_a_terminal_a_bar_writes_nothing() -> None:
    shown = io.StringIO()
    with counting_bar(Console(file=shown)) as advance:
        advance("checksums", 2, 1000)
        with advance.aside():
            pass

    assert shown.getvalue() == ""


def test_without_a_terminal_long_commands_write_a_line_now_and_then() -> None:
    shown = io.StringIO()
    day, console = date(2024, 8, 15), Console(file=shown, width=80)
    fit = Progress(
        day=day, coins=("BTC",), epoch=2, epochs=6, step=1, steps=3, samples_per_second=1.0, eta_seconds=2.0, phase="train",
    )  # fmt: skip
    with day_bar({**TYPICAL, Phase.TRADES: 1.0}, console, line_every_seconds=0.0) as bar:
        bar(fit)
        bar.expect(Phase.TRADES, day, 20)
        bar.reach(PhaseProgress(phase=Phase.TRADES, day=day, done=5, total=20))
    with counting_bar(console, line_every_seconds=0.0) as advance:
        advance("checksums", 2, 1000)
    lines = [line for line in shown.getvalue().splitlines() if line]

    assert lines[0].startswith("2024-08-15 models  epoch 2/6")
    assert re.fullmatch(r"2024-08-15 shadow trades 5/20  about \d+ s left", lines[1])
    assert lines[2:] == ["checksums  2 of 1,000"]


def test_without_a_terminal_no_two_lines_come_at_once() -> None:
    shown = io.StringIO()
    with counting_bar(Console(file=shown), line_every_seconds=3600.0) as advance:
        for number in range(5):
            advance("checksums", number, 5)

    assert shown.getvalue() == ""


def _all_of(screen: int) -> str:
    """What was written to a terminal that is closed; a read returns no more than a part of it."""
    parts = []
    with os.fdopen(screen, "rb", buffering=0) as source, contextlib.suppress(OSError):  # EIO: that was all
        while part := source.read(65536):
            parts.append(part)
    return b"".join(parts).decode()
