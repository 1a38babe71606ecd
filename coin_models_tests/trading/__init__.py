"""Tests of shadow trades, performance, champions and patterns."""
