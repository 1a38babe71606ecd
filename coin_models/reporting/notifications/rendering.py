"""Fits messages into the limits of channels: lengths, characters, and one message for a burst.

Bodies are plain text; apprise escapes them for each channel.
"""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from coin_models.reporting.notifications.messages import MessageKind, Severity

TELEGRAM_LIMIT = 4096
"""UTF-16 code units of one message, after its markup is read (core.telegram.org/bots/api#sendmessage)."""
_BODY_LIMIT = 3800  # leaves room for the title and the line that says how much was left out
_TITLE_LIMIT = 200
_BURST_LINES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A title and a body, ready to be sent."""

    title: str
    body: str
    severity: Severity


def render(title: str, lines: Sequence[str], severity: Severity) -> Rendered:
    """A message within Telegram's limit; what does not fit is counted, not cut in silence."""
    kept: list[str] = []
    room = _BODY_LIMIT
    for line in map(_clean, lines):
        shown = shorten(line, room)
        if shown != line and kept:
            break
        kept.append(shown)
        room -= utf16_length(shown) + 1
    left_out = len(lines) - len(kept)
    if left_out:
        kept.append(f"… and {left_out} more lines")
    return Rendered(title=shorten(_clean(title), _TITLE_LIMIT), body="\n".join(kept), severity=severity)


def render_burst(events: Sequence[tuple[MessageKind, Sequence[str]]]) -> Rendered:
    """Many interruptions and resumes as one message: their numbers, then the newest of them, oldest first."""
    counts = Counter(kind for kind, _ in events)
    interruptions, resumes = counts[MessageKind.INTERRUPTION], counts[MessageKind.RESUME]
    parts = [_counted(interruptions, "interruption"), _counted(resumes, "resume")]
    shown = [line for _, lines in events[-_BURST_LINES:] for line in lines]
    earlier = [f"… {len(events) - _BURST_LINES} earlier"] if len(events) > _BURST_LINES else []
    severity = Severity.WARNING if interruptions else Severity.INFO
    return render(", ".join(part for part in parts if part), [*earlier, *shown], severity)


def utf16_length(text: str) -> int:
    """Length as Telegram counts it."""
    return len(text.encode("utf-16-le")) // 2


def shorten(text: str, limit: int) -> str:
    """The text, or its beginning and an ellipsis, within a limit of UTF-16 code units; never half a character."""
    if utf16_length(text) <= limit:
        return text
    cut = text.encode("utf-16-le")[: max(limit - 1, 0) * 2].decode("utf-16-le", errors="ignore")
    return cut.rstrip() + "…"


def _clean(text: str) -> str:
    """Without control characters, which some channels refuse; a line break within a line becomes a space."""
    spaced = " ".join(text.split())
    return "".join(letter for letter in spaced if unicodedata.category(letter) not in ("Cc", "Cs"))


def _counted(number: int, noun: str) -> str:
    if number == 0:
        return ""
    return f"{number} {noun}{'' if number == 1 else 's'}"
