"""The fit: the only package that imports torch and lightning."""
