"""Asset keys and owners: `candles/BTC`, `model/BTC`, `shadow_trades/BTC`, `pattern_library`, `daily_report`."""

from dagster import AssetKey

CANDLES, MODEL, SHADOW_TRADES = "candles", "model", "shadow_trades"
PATTERN_LIBRARY, DAILY_REPORT = "pattern_library", "daily_report"

OWNERS = ("team:coin_models",)  # of every asset: the UI filters by it, and an alert names it


def asset_key(kind: str, coin: str) -> AssetKey:
    """The key `kind/COIN`."""
    return AssetKey([kind, coin])
