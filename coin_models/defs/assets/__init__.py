"""One module per kind of asset."""
