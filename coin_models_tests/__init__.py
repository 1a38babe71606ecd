"""Tests of coin_models; the folders mirror its packages."""
