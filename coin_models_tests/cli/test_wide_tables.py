"""A table is printed whole, whatever the width."""

import io

from rich.console import Console
from rich.table import Table

from coin_models.cli.wide_tables import print_table


def printed(width: int, *, is_terminal: bool) -> list[str]:
    table = Table(box=None, pad_edge=False, title="shapes", title_justify="left")
    for name in ("id", "shape", "range"):
        table.add_column(name, no_wrap=True)
    table.add_column("reason")
    table.add_row("BTC-1", "[bold]aaaaaaaaaa[/]", "-1.0 % to +1.0 %", "the source was closed")
    table.add_row("BTC-2", "bbbbbbbbbb", "-2.0 % to +2.0 %", "")
    file = io.StringIO()
    print_table(Console(file=file, width=width, force_terminal=is_terminal, color_system=None), table)
    return file.getvalue().splitlines()


def test_a_pipe_gets_every_cell_on_one_line_however_narrow() -> None:
    lines = printed(20, is_terminal=False)

    assert len(lines) == 4
    assert lines[2].split() == ["BTC-1", "aaaaaaaaaa", "-1.0", "%", "to", "+1.0", "%", "the", "source", "was", "closed"]


def test_a_terminal_with_room_gets_the_table_as_it_is() -> None:
    assert printed(100, is_terminal=True)[1].split() == ["id", "shape", "range", "reason"]


def test_on_a_narrow_terminal_columns_fold_below_one_another_behind_the_first() -> None:
    lines = printed(24, is_terminal=True)

    assert all(len(line) <= 24 for line in lines)
    assert not any("\u2026" in line for line in lines)
    assert sum(line.startswith("BTC-2") for line in lines) == 3
    assert sum("shapes" in line for line in lines) == 1


def test_a_cell_that_may_wrap_is_not_a_reason_to_fold() -> None:
    lines = printed(60, is_terminal=True)

    assert sum(line.startswith("id") for line in lines) == 1
    assert max(map(len, lines)) <= 60
