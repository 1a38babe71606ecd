"""Output on a terminal that cannot show every character: each that we print has a plain one in its place.

Without this, the first `●` on a terminal of ISO 8859-1, or a file name that is not UTF-8, ends the command.
"""

import codecs
from io import TextIOWrapper
from typing import TextIO

_ERRORS = "coin_models.plain"
_PLAIN = {
    "\u25cf": "#",  # done
    "\u25cd": "~",  # stale
    "\u25cb": "o",  # skipped
    "\u25b6": ">",  # running
    "\u25b7": "q",  # queued
    "\u25d4": "w",  # waiting
    "\u25cc": "u",  # unavailable
    "\u2717": "x",  # failed
    "\u25d0": "i",  # interrupted
    "\u25a0": "Q",  # quarantined
    "\u25ce": "@",  # outdated
    "\u00b7": ".",  # missing, and between words
    "\u2591": ":",  # within an interval
    "\u2502": "|",
    "\u2500": "-",
    "\u00a0": " ",
    "\u2212": "-",
    "\u2013": "-",
    "\u2192": ">",
    "\u00b1": "+-",
    "\u00d7": "x",
    "\u2026": "...",
    "\u2019": "'",
}


def use_plain_characters(*streams: TextIO) -> None:
    """From now on each of them prints a plain character for one that its encoding has not."""
    codecs.register_error(_ERRORS, _plain)
    for stream in streams:
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=_ERRORS)


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_PLAIN.get(character, "?") for character in error.object[error.start : error.end]), error.end
