"""Tests of the pattern library."""
