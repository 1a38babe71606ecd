"""Shapes of inline SVG, coloured by CSS classes, so that one picture works in light and dark mode and in print."""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Maps values to pixels, linearly."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The pixel of a value; values beyond the ends stay at the ends."""
        span = self.high - self.low
        share = (min(max(value, self.low), self.high) - self.low) / span if span > 0 else 0.5
        return self.start + share * (self.end - self.start)


def picture(width: float, height: float, title: str, parts: Iterable[str], *, style: str = "") -> str:
    """A whole picture; the title is read aloud by screen readers. `style`: CSS of a picture that is a file of its own."""
    body = (f"<style>{style}</style>" if style else "") + "".join(parts)
    return (
        f'<svg viewBox="0 0 {_number(width)} {_number(height)}" role="img" aria-label="{escape(title)}" '
        f'xmlns="http://www.w3.org/2000/svg"><title>{escape(title)}</title>{body}</svg>'
    )


def line(x1: float, y1: float, x2: float, y2: float, css: str) -> str:
    """A straight line."""
    ends = f'x1="{_number(x1)}" y1="{_number(y1)}" x2="{_number(x2)}" y2="{_number(y2)}"'
    return f'<line {ends} class="{css}"/>'


def path(points: Iterable[tuple[float, float]], css: str) -> str:
    """A line through points."""
    corners = " ".join(f"{_number(x)},{_number(y)}" for x, y in points)
    return f'<polyline points="{corners}" class="{css}"/>'


def area(points: Iterable[tuple[float, float]], css: str) -> str:
    """The area within a line through points."""
    corners = " ".join(f"{_number(x)},{_number(y)}" for x, y in points)
    return f'<polygon points="{corners}" class="{css}"/>'


def box(x: float, y: float, width: float, height: float, css: str, *, hint: str | None = None) -> str:
    """A filled rectangle; the hint shows when pointed at."""
    size = f'x="{_number(x)}" y="{_number(y)}" width="{_number(max(width, 0))}" height="{_number(max(height, 0))}"'
    return _with_hint("rect", f'{size} rx="2" class="{css}"', hint)


def dot(x: float, y: float, radius: float, css: str, *, hint: str | None = None) -> str:
    """A filled circle; the hint shows when pointed at."""
    return _with_hint("circle", f'cx="{_number(x)}" cy="{_number(y)}" r="{_number(radius)}" class="{css}"', hint)


def text(x: float, y: float, content: str, css: str = "label", *, anchor: str = "start") -> str:
    """A word or a number; `anchor` is start, middle or end."""
    where = f'x="{_number(x)}" y="{_number(y)}"'
    return f'<text {where} text-anchor="{anchor}" class="{css}">{escape(content)}</text>'


def _with_hint(tag: str, attributes: str, hint: str | None) -> str:
    if hint is None:
        return f"<{tag} {attributes}/>"
    return f"<{tag} {attributes}><title>{escape(hint)}</title></{tag}>"


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
