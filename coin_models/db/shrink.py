"""Gives the space of removed rows back to the file system. SQLite keeps it in the file; PostgreSQL's autovacuum uses it again."""

import logging
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

_logger = logging.getLogger(__name__)

_WORTH_SHARE: Final = 0.2
"""Share of free pages below which a file is left alone: they are used again, and a rewrite needs the file's size in free disk."""


def shrink(engine: Engine) -> int:
    """Rewrites an SQLite file of which a fifth or more is free; returns the bytes that it lost, 0 otherwise.

    A file that is in use, or a full disk, leaves it as it was, with a warning.
    """
    if engine.dialect.name != "sqlite":
        return 0
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        num_pages, num_free, size = (
            int(cursor.execute(f"PRAGMA {name}").fetchone()[0])
            for name in ("page_count", "freelist_count", "page_size")
        )
        if num_free < _WORTH_SHARE * num_pages:
            return 0
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return (num_pages - int(cursor.execute("PRAGMA page_count").fetchone()[0])) * size
    except (OperationalError, engine.dialect.loaded_dbapi.OperationalError) as error:
        _logger.warning("the database file was not made smaller: %s; the next prune tries again", error)
        return 0
    finally:
        connection.close()
