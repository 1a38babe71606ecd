"""Model versions: weights and manifest, which are published, which is champion; forecasts of a stored model, by numpy alone."""
