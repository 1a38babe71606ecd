"""The home: which market a database and a store hold, and that the two belong together."""
