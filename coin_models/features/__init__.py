"""What a model is fitted on: features, targets, windows and splits of candles. Pure; no feature looks into the future."""
