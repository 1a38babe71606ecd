"""coin_models: one forecasting model per coin, retrained every UTC day, on machines that may vanish.

`from coin_models import load_champion` is all that a notebook needs; it is imported when it is first asked for, so that
nothing else pays for it.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coin_models.registry.champion import load_champion as load_champion

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name == "load_champion":
        from coin_models.registry.champion import load_champion

        return load_champion
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
