"""Market lists of the exchanges whose candle replies were recorded: one market each, reduced to what ccxt reads."""

from typing import Any

_BYBIT = {
    "symbol": "BTCUSDT", "baseCoin": "BTC", "quoteCoin": "USDT", "status": "Trading", "marginTrading": "both",
    "lotSizeFilter": {"basePrecision": "0.000001", "quotePrecision": "0.01", "minOrderQty": "0.00005"},
    "priceFilter": {"tickSize": "0.01"},
}  # fmt: skip
_KUCOIN = {
    "symbol": "BTC-USDT", "name": "BTC-USDT", "baseCurrency": "BTC", "quoteCurrency": "USDT", "enableTrading": True,
    "baseMinSize": "0.00001", "baseIncrement": "0.00000001", "quoteIncrement": "0.000001", "priceIncrement": "0.1",
}  # fmt: skip
_OKX = {
    "instType": "SPOT", "instId": "BTC-USDT", "baseCcy": "BTC", "quoteCcy": "USDT", "state": "live", "tickSz": "0.1",
    "lotSz": "0.00000001", "minSz": "0.00001",
}  # fmt: skip
_COINBASE = {
    "id": "BTC-USDT", "base_currency": "BTC", "quote_currency": "USDT", "quote_increment": "0.01",
    "base_increment": "0.00000001", "status": "online",
}  # fmt: skip

MARKETS: dict[str, dict[str, Any]] = {
    "bybit": {"/v5/market/instruments-info": {"retCode": 0, "result": {"category": "spot", "list": [_BYBIT]}}},
    "okx": {"/api/v5/public/instruments": {"code": "0", "data": [_OKX]}},
    "kucoin": {
        "/api/v3/currencies": {"code": "200000", "data": []},
        "/api/v2/symbols": {"code": "200000", "data": [_KUCOIN]},
        "/api/v1/market/allTickers": {"code": "200000", "data": {"time": 1, "ticker": []}},
    },
    "coinbaseexchange": {"/currencies": [], "/products": [_COINBASE]},
}
CANDLE_PATHS = {
    "binanceus": "/api/v3/klines",
    "bybit": "/v5/market/kline",
    "coinbaseexchange": "/products/BTC-USDT/candles",
    "kraken": "/0/public/OHLC",
    "kucoin": "/api/v1/market/candles",
    "okx": "/api/v5/market/history-candles",
}
