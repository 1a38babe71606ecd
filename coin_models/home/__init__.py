"""The home: the pair of one database and one object store that holds one market, and the check that they belong together."""
