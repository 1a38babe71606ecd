"""Tests of coin_models.market.sources."""
