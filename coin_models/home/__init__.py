"""The home: one database and one object store that together hold one market; not the folder of a user.

The check that they belong together, backup and restore.
"""
