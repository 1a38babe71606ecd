"""The product after three years with 500 coins, filled and timed: `python -m benchmarks.size`."""
