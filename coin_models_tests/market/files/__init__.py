"""Tests of coin_models.market.files."""
