"""How the product feels after three years with 500 coins: `python -m benchmarks.size`."""
