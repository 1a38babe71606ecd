"""coin_models: one forecasting model per coin, retrained every UTC day, on machines that may vanish."""

__version__ = "0.1.0"
