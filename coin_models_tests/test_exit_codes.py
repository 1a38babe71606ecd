"""The table of exit codes."""

from coin_models.exit_codes import ExitCode, markdown_table


def test_the_table_has_the_codes_that_supervisors_are_set_up_for() -> None:
    assert [int(code) for code in ExitCode] == [0, 1, 2, 3, 75, 130, 143]


def test_every_code_has_a_row_that_says_what_to_do() -> None:
    rows = markdown_table()[2:]

    assert [row.split(" | ")[0] for row in rows] == [f"| {int(code)}" for code in ExitCode]
    assert all(code.meaning and code.supervisor for code in ExitCode)
