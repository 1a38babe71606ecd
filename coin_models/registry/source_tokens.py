"""The significant tokens of Python source, the same from Python 3.11 on and independent of formatting.

Left out: comments, docstrings, blank lines, line breaks within brackets, trailing commas and the kind of quotes.
"""

import ast
import io
import token
import tokenize
from collections.abc import Iterator
from keyword import iskeyword

_LAYOUT = frozenset({token.COMMENT, token.NL, token.ENCODING, token.ENDMARKER})
_STRUCTURE = {token.INDENT: "<indent>", token.DEDENT: "<dedent>", token.NEWLINE: "<newline>"}
_FSTRING_START = getattr(token, "FSTRING_START", -1)  # from Python 3.12 on, an f-string is many tokens
_FSTRING_END = getattr(token, "FSTRING_END", -1)
_CLOSING = {")": "(", "]": "[", "}": "{"}
_STRING = token.STRING

Token = tuple[int, str]


def significant_tokens(source: str) -> list[str]:
    """The text of every token that counts, with marks where a line ends and where a block begins and ends.

    A statement that is nothing but text (a docstring) is left out.
    """
    kept: list[str] = []
    line: list[Token] = []
    for kind, text in _whole_strings(source):
        if kind not in _STRUCTURE:
            line.append((kind, text))
        else:
            if line and not all(_is_plain_text(part) for part in line):
                kept += [_plain(part) for part in _without_trailing_commas(line)]
                kept.append(_STRUCTURE[token.NEWLINE])
            line = []
            if kind != token.NEWLINE:
                kept.append(_STRUCTURE[kind])
    return kept


def _whole_strings(source: str) -> Iterator[Token]:
    """Tokens without layout, each f-string as one."""
    lines = io.StringIO(source).readlines()  # as tokenize counts them: `splitlines` ends one at a form feed too
    depth, start = 0, (0, 0)
    for part in tokenize.generate_tokens(io.StringIO(source).readline):
        if part.type == _FSTRING_START:
            start = start if depth else part.start
            depth += 1
        elif part.type == _FSTRING_END:
            depth -= 1
            if not depth:
                yield _STRING, _between(lines, start, part.end)
        elif not depth and part.type not in _LAYOUT:
            yield part.type, part.string


def _between(lines: list[str], start: tuple[int, int], end: tuple[int, int]) -> str:
    (first, left), (last, right) = start, end
    if first == last:
        return lines[first - 1][left:right]
    return "".join([lines[first - 1][left:], *lines[first : last - 1], lines[last - 1][:right]])


def _plain(part: Token) -> str:
    """The token's text; of plain text its value, whatever quotes it stands in."""
    return repr(ast.literal_eval(part[1])) if _is_plain_text(part) else part[1]


def _is_plain_text(part: Token) -> bool:
    """Whether it is text without anything to compute."""
    kind, text = part
    return kind == _STRING and "f" not in text[: text.index(text[-1])].lower()


def _without_trailing_commas(line: list[Token]) -> Iterator[Token]:
    """The line without the commas that formatters set before a closing bracket; the comma of `(x,)` stays."""
    opened: list[tuple[bool, int]] = []  # of every open bracket: whether it may lose its last comma, commas so far
    for index, (kind, text) in enumerate(line):
        if kind == token.OP and text in _CLOSING.values():
            opened.append((text == "{" or _is_call(line, index) or _is_list(line, index), 0))
        elif kind == token.OP and text in _CLOSING:
            opened.pop()
        elif kind == token.OP and text == "," and opened:
            may_lose, commas = opened[-1]
            opened[-1] = (may_lose, commas + 1)
            if (may_lose or commas) and line[index + 1][1] in _CLOSING:
                continue
        yield kind, text


def _follows_a_value(line: list[Token], index: int) -> bool:
    if index == 0:
        return False
    kind, text = line[index - 1]
    return text in _CLOSING or (kind == token.NAME and not iskeyword(text))


def _is_call(line: list[Token], index: int) -> bool:
    return line[index][1] == "(" and _follows_a_value(line, index)


def _is_list(line: list[Token], index: int) -> bool:
    return line[index][1] == "[" and not _follows_a_value(line, index)
