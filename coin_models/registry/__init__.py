"""Model versions: bundles, the registry, forecasting with a stored model."""
