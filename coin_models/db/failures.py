"""What a driver's error means: try again, or don't; in one sentence, without a password.

Belongs here: the reading of SQLite's and PostgreSQL's errors. Not here: the waiting (`engine.py`).
"""

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError, OperationalError

from coin_models.errors import DatabaseError, DatabaseUnavailable

# psycopg2 gives no SQLSTATE for a connection that was refused: the text is all there is.
_PERMANENT_PHRASES = (
    "password authentication failed",
    "no password supplied",
    "no pg_hba.conf entry",
    "does not exist",
    "permission denied",
    "readonly database",
    "unable to open database file",
    "no such table",
    "not a database",
    "malformed",
    "does not support SSL",
    "could not translate host name",
)
_ADVICE = {
    "password authentication failed": "check user and password in database_url",
    "no password supplied": "give user and password in database_url",
    "no pg_hba.conf entry": "let the server's pg_hba.conf admit this host",
    "could not translate host name": "check the host in database_url",
    "does not exist": "check the names in database_url, or create what is missing",
    "readonly database": "check the permissions of the home folder",
    "unable to open database file": "check the home folder and its permissions",
    "not a database": "move the file away; it is no SQLite database",
    "malformed": "the file is damaged: restore it, or move it away to begin afresh",
    "full": "free some space on the disk",
}


def explain(error: DBAPIError, url: URL) -> DatabaseError:
    """The error as ours: DatabaseUnavailable when another try may help, else DatabaseError."""
    said = " ".join(str(error.orig).split())
    if url.password:
        said = said.replace(str(url.password), "***")
    advice = next((advice for phrase, advice in _ADVICE.items() if phrase in said), None)
    sentence = f"database {url.render_as_string(hide_password=True)}: {said}" + (f"; {advice}" if advice else "")
    transient = isinstance(error, OperationalError) and may_come_back(said)
    return DatabaseUnavailable(sentence) if transient or error.connection_invalidated else DatabaseError(sentence)


def may_come_back(said: str) -> bool:
    """Whether the server may answer later, by what the driver said when a connection or a statement failed."""
    return not any(phrase in said for phrase in _PERMANENT_PHRASES)
