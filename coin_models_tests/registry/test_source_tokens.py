"""Tokens: behaviour counts, formatting does not."""

import pytest

from coin_models.registry.source_tokens import significant_tokens

PROGRAM = """
def rate(step, peak=0.5):
    if step > 3:
        peak = peak / 2
        step = 3
    return [f"{step}: {peak}", (peak,), "text"]
"""

SAME = {
    "a comment": PROGRAM.replace("step = 3", "step = 3  # no more"),
    "a comment of its own": PROGRAM.replace("    return", "# unindented\n    return"),
    "a docstring": PROGRAM.replace("    if", '    """Says how fast."""\n    if'),
    "a docstring of two parts": PROGRAM.replace("    if", "    \"Says\" ' how'\n    if"),
    "a docstring of the module": '"""About rates."""\n' + PROGRAM,
    "blank lines": PROGRAM.replace("\n", "\n\n"),
    "other indentation": PROGRAM.replace("    ", "  "),
    "line breaks in brackets": PROGRAM.replace("(step, peak=0.5)", "(\n    step,\n    peak=0.5,\n)"),
    "a trailing comma in a list": PROGRAM.replace('"text"]', '"text",]'),
    "spaces": PROGRAM.replace("peak / 2", "peak/2"),
    "other quotes": PROGRAM.replace('"text"', "'text'"),
}

OTHER = {
    "a constant": PROGRAM.replace("0.5", "0.6"),
    "an operator": PROGRAM.replace("peak / 2", "peak * 2"),
    "a comparison": PROGRAM.replace("step > 3", "step >= 3"),
    "a name": PROGRAM.replace("[f", "[step, f"),
    "a text": PROGRAM.replace('"text"', '"texts"'),
    "a text with a format": PROGRAM.replace("{step}:", "{step} "),
    "a tuple that is none any more": PROGRAM.replace("(peak,)", "(peak)"),
    "a statement out of its block": PROGRAM.replace("        step = 3", "    step = 3"),
    "a statement less": PROGRAM.replace("        step = 3\n", ""),
    "an order": PROGRAM.replace("peak = peak / 2\n        step = 3", "step = 3\n        peak = peak / 2"),
    "a formatted text that calls something": PROGRAM.replace("    if", "    f'{print()}'\n    if"),
}


@pytest.mark.parametrize("program", SAME.values(), ids=SAME)
def test_what_changes_nothing_does_not_count(program: str) -> None:
    assert program != PROGRAM
    assert significant_tokens(program) == significant_tokens(PROGRAM)


@pytest.mark.parametrize("program", OTHER.values(), ids=OTHER)
def test_what_changes_something_counts(program: str) -> None:
    compile(program, "program", "exec")

    assert significant_tokens(program) != significant_tokens(PROGRAM)


@pytest.mark.parametrize(
    ("long", "short"),
    [
        ("f(x,)", "f(x)"),
        ("[x,]", "[x]"),
        ("{x,}", "{x}"),
        ("(x, y,)", "(x, y)"),
        ("f()(x,)", "f()(x)"),
        ("a[x, y,]", "a[x, y]"),
    ],
)
def test_a_comma_that_changes_nothing_does_not_count(long: str, short: str) -> None:
    assert significant_tokens(long) == significant_tokens(short)


@pytest.mark.parametrize(("tuple_", "value"), [("(x,)", "(x)"), ("return (x,)", "return (x)"), ("a[x,]", "a[x]")])
def test_the_comma_that_makes_a_tuple_counts(tuple_: str, value: str) -> None:
    assert significant_tokens(tuple_) != significant_tokens(value)


def test_an_f_string_is_one_token_whatever_stands_in_it() -> None:
    assert significant_tokens("x = f'a {b + f\"{c}\"} d'") == ["x", "=", "f'a {b + f\"{c}\"} d'", "<newline>"]
