"""The universe: the coins that the settings name, in order.

Which of them are trained on a day is decided in `eligibility`. Imports neither pandas nor pyarrow nor ccxt: definitions
of 500 coins load through it.
"""

import difflib
from collections.abc import Sequence

from coin_models.errors import SourceRefused, UsageError
from coin_models.market.files.listing import coin_files
from coin_models.market.sources.demo_coins import demo_coin_names
from coin_models.market.timeframe import parse_timeframe
from coin_models.settings.root import Settings


def resolve_universe(settings: Settings) -> tuple[str, ...]:
    """The coins that the settings mean, in order: those they name, or all of the demo market or of the folder.

    Raises:
        SourceRefused: the folder of candle files does not exist or holds none of this quote asset.
    """
    if settings.universe:
        return settings.universe
    if settings.source == "demo":
        return demo_coin_names(settings.market.demo_coins)
    if settings.market.files_path is None:
        raise SourceRefused(f"source {settings.source!r} lists no coins; name them (COIN_MODELS_UNIVERSE=BTC,ETH)")
    return tuple(coin_files(settings.market.files_path, settings.quote, parse_timeframe(settings.timeframe)))


def coin_name(text: str) -> str:
    """The base asset as it is written everywhere: " btc" and "BTC/USDT" are BTC."""
    return text.strip().upper().partition("/")[0]


def chosen_coins(names: Sequence[str], universe: Sequence[str]) -> list[str]:
    """The coins of these names, in any spelling, in the order of the universe; all of it where none is named.

    Raises:
        UsageError: a coin is not in the universe.
    """
    chosen = set(map(coin_name, names))
    if unknown := sorted(chosen.difference(universe)):
        raise UsageError(not_in_universe(unknown[0][:20], universe))
    return [coin for coin in universe if not chosen or coin in chosen]


def not_in_universe(what: str, universe: Sequence[str]) -> str:
    """One sentence for a coin that is not there, with the names that are near it."""
    near = difflib.get_close_matches(what, universe, n=3, cutoff=0.5)
    meant = f"; did you mean {' or '.join(near)}?" if near else ""
    return f"{what} is not in the universe ({listed(universe)}){meant}"


def listed(universe: Sequence[str]) -> str:
    """The first dozen coins, for a sentence."""
    return ", ".join(universe[:12]) + (" ..." if len(universe) > 12 else "")
