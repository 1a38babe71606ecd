"""Translates errors of Dagster's storage into our own errors.

Dagster passes on the driver's error with its SQL, or its own `too many retries for DB connection` with the driver's
error as the cause. On the command line either would be a traceback of a hundred lines.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, make_url
from sqlalchemy.exc import DBAPIError

from coin_models.db.failures import explain
from coin_models.errors import CoinModelsError
from coin_models.settings.root import Settings


@contextmanager
def storage_explained(settings: Settings) -> Iterator[None]:
    """Within it, a database error of Dagster's storage becomes a sentence.

    Raises:
        DatabaseUnavailable: the database may answer later.
        DatabaseError: it refuses.
    """
    try:
        yield
    except CoinModelsError:
        raise
    except Exception as error:
        met = _driver_error(error)
        if met is None:
            raise
        if settings.database_url is None:
            url = URL.create("sqlite", database=str(settings.home / "dagster"))
        else:
            url = make_url(settings.database_url.get_secret_value())
        raise explain(met, url) from error


def _driver_error(error: BaseException | None) -> DBAPIError | None:
    while error is not None and not isinstance(error, DBAPIError):
        error = error.__cause__
    return error
