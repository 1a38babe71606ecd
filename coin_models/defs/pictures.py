"""Pictures of a model for the UI, as SVG: loss per epoch, calibration.

Belongs here: drawing, by hand: matplotlib takes 80 ms for each of 500 coins. Not here: the report's pictures
(reporting/daily/charts.py), what is shown where (metadata.py).
"""

from collections.abc import Mapping, Sequence

_WIDTH, _HEIGHT, _MARGIN = 320, 180, 34  # wider, and the asset page's table cuts it off
_SIDE = 220  # of the calibration's square
_COLOURS = {"train": "#7c8896", "validation": "#2f6fed"}
_GREY, _BLUE = "#9aa3ad", "#2f6fed"


def loss_chart(curves: Mapping[str, Sequence[float]]) -> str:
    """Pinball loss per epoch, a line for each split."""
    values = [value for curve in curves.values() for value in curve]
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    epochs = max((len(curve) for curve in curves.values()), default=1)
    parts = [_loss_line(name, curve, row, low, high, epochs) for row, (name, curve) in enumerate(curves.items())]
    parts += [
        _text(4, _MARGIN, f"{high:.4f}"),
        _text(4, _HEIGHT - _MARGIN, f"{low:.4f}"),
        _text(_WIDTH // 2, _HEIGHT - 8, f"epoch 1 to {epochs}, pinball loss", anchor="middle"),
    ]
    return _svg(_WIDTH, _HEIGHT, parts)


def calibration_chart(held: Mapping[float, float]) -> str:
    """Each forecast quantile against the share of the validation outcomes at or below it; a good one lies on the diagonal."""
    inner = _SIDE - 2 * _MARGIN
    dots = [(_MARGIN + level * inner, _SIDE - _MARGIN - share * inner, level, share) for level, share in held.items()]
    parts = [_path([(_MARGIN, _SIDE - _MARGIN), (_SIDE - _MARGIN, _MARGIN)], _GREY, 'stroke-dasharray="4 3"')]
    parts += [_path([(x, y) for x, y, _, _ in dots], _BLUE)]
    parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{_BLUE}"/>' for x, y, _, _ in dots]
    parts += [_text(round(x) + 7, round(y) + 12, f"{level:g}: {share:.1%}") for x, y, level, share in dots]
    parts += [_text(_SIDE // 2, _SIDE - 8, "quantile: outcomes at or below it", anchor="middle")]
    return _svg(_SIDE + 2 * _MARGIN, _SIDE, parts)


def _loss_line(name: str, curve: Sequence[float], row: int, low: float, high: float, epochs: int) -> str:
    colour = _COLOURS.get(name, "#444")
    x_step = (_WIDTH - 2 * _MARGIN) / max(epochs - 1, 1)
    y_scale = (_HEIGHT - 2 * _MARGIN) / ((high - low) or 1e-9)
    points = [(_MARGIN + i * x_step, _HEIGHT - _MARGIN - (value - low) * y_scale) for i, value in enumerate(curve)]
    return _path(points, colour) + _text(_WIDTH - _MARGIN - 70 * row, 14, name, colour=colour, anchor="end")


def _svg(width: int, height: int, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" '
        f'font-size="11"><rect width="100%" height="100%" fill="#fff"/>{"".join(parts)}</svg>'
    )


def _path(points: Sequence[tuple[float, float]], colour: str, style: str = "") -> str:
    written = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline fill="none" stroke="{colour}" stroke-width="2" {style} points="{written}"/>'


def _text(x: int, y: int, text: str, *, colour: str = "#444", anchor: str = "start") -> str:
    return f'<text x="{x}" y="{y}" fill="{colour}" text-anchor="{anchor}">{text}</text>'
