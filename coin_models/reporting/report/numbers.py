"""Formats numbers: aligned signs, units, a dash for unknown values."""

UNKNOWN = "\N{EN DASH}"
_MINUS = "\N{MINUS SIGN}"


def signed(value: float | None, digits: int) -> str:
    """A number with its sign: +0.0123."""
    return UNKNOWN if value is None else f"{value:+.{digits}f}".replace("-", _MINUS)


def percent(value: float | None, digits: int = 1, *, sign: bool = False) -> str:
    """A fraction as a percentage: 80.2 %."""
    if value is None:
        return UNKNOWN
    return (
        (f"{value:+.{digits}%}" if sign else f"{value:.{digits}%}")
        .replace("-", _MINUS)
        .replace("%", "\N{NO-BREAK SPACE}%")
    )


def usd(value: float | None) -> str:
    """Dollars with their sign: +$12.34, and without cents from a thousand on."""
    if value is None:
        return UNKNOWN
    sign = _MINUS if value < 0 else "+" if value > 0 else ""
    return f"{sign}${abs(value):,.{0 if abs(value) >= 1000 else 2}f}"


def cost(value: float | None) -> str:
    """Dollars spent: $0.31."""
    return UNKNOWN if value is None else f"${value:,.2f}"


def duration(seconds: float) -> str:
    """Seconds as a person says them: 12 s, 3 min 20 s, 2 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def price(value: float) -> str:
    """A price with five significant digits, whole from ten thousand on."""
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.5g}"
