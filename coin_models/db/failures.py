"""Translates a driver's error: whether a retry can help, and one sentence without a password.

It reads SQLite's and PostgreSQL's errors, for our own tables and for Dagster's.

A statement's error has an SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html), SQLite's a name.
Errors of connecting have neither: psycopg2 gives libpq's text only. An unknown text counts as temporary: a server in
another language that starts up must be waited for, and a wrong password there is reported as well, only later.
"""

import re

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from coin_models.errors import DatabaseError, DatabaseUnavailable
from coin_models.redaction import Redactor

_PASSING_CLASSES = ("08", "53")  # connection exceptions; insufficient resources: connections, memory, disk
READ_ONLY_STATE = "25006"
READ_ONLY_ADVICE = "after a failover that passes; if it stays, name the primary in database_url"
_PASSING_STATES = {
    READ_ONLY_STATE: READ_ONLY_ADVICE,
    "25P03": "",  # idle in transaction for too long
    "25P04": "the server ended a long transaction: see its transaction_timeout",
    "40000": "",  # rolled back for no stated reason
    "40003": "",  # not known whether the statement was completed
    "40001": "",  # serialization failure, also a conflict with recovery
    "40P01": "",  # deadlock
    "55P03": "another process holds a lock",
    "57014": "the server cancelled it: see its statement_timeout",
    "57000": "",  # operator intervention
    "57P01": "",  # terminated by an administrator
    "57P02": "",  # crash of another process of the server
    "57P03": "",  # starting up or shutting down
    "57P05": "",  # idle for too long
    "58000": "see the database server's log",  # its operating system: no process, no memory
    "58030": "see the database server's disk",
    "72000": "",  # snapshot too old
}
_ADVICE_BY_STATE = {
    "28000": "check user and password in database_url",
    "28P01": "check user and password in database_url",
    "3D000": "check the name in database_url, or create the database",
    "42501": "grant this user the right to create and use tables in the database",
    "53100": "free space on the database server's disk",
    "53300": "the server has no free connection: raise max_connections, or run fewer processes",
} | {state: advice for state, advice in _PASSING_STATES.items() if advice}
_INTERNAL_STATE = "XX000"
_PASSING_INTERNAL = (
    "max clients",
    "Control plane request failed",
)  # poolers of Supabase and Neon have no state of their own
_PASSING_SQLITE = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL", "SQLITE_IOERR")
_LASTING_PHRASES = {
    "authentication failed": "check user and password in database_url",
    "Tenant or user not found": "check user and password in database_url",
    "channel binding": "check channel_binding and sslmode in database_url",
    "no password supplied": "give user and password in database_url",
    "pg_hba.conf": "let the server's pg_hba.conf admit this host",
    "root certificate file": "name the file of the issuer's certificate (sslrootcert in database_url, PGSSLROOTCERT)",
    "certificate": "check sslmode and sslrootcert in database_url, the host's name in it and this machine's clock",
    "does not support SSL": "give another sslmode in database_url",
    "sslmode": "check sslmode in database_url",
    "alert": "the server refuses this machine's TLS: check sslmode and certificates",
    "unsupported protocol": "the server and this machine have no version of TLS in common: upgrade the older one",
    "no protocols available": "the server and this machine have no version of TLS in common: upgrade the older one",
    "response to SSL negotiation": "check the port in database_url: the server there is not PostgreSQL",
    "expected authentication request": "check the port in database_url: the server there is not PostgreSQL",
    "unsupported frontend protocol": "check the port in database_url: the server there is not PostgreSQL, or too old",
    "wrong version number": "check the port in database_url: the server there is not PostgreSQL",
    "invalid port": "check the port in database_url",
    "connection option": "check what follows the ? in database_url",
    "connection info string": "check what follows the ? in database_url",
    "not permitted to log in": "use another user in database_url",
    "does not exist": "check the names in database_url, or create what is missing",
    "permission denied": "check the permissions of the user in database_url",
    "readonly database": "check the permissions of the home folder",
    "unable to open database file": "check the home folder and its permissions",
    "not a database": "move the file away; it is not a SQLite database",
    "malformed": "the file is damaged: restore it, or move it away to start again",
    "no such table": "",
}
_PASSING_ADVICE = {
    "translate host name": "check the host in database_url, or this machine's DNS",
    "Connection refused": "check host and port in database_url, and that the server runs",
    "disk is full": "free some space on the disk",
}


def explain(error: DBAPIError | PoolTimeout, url: URL) -> DatabaseError:
    """The error as ours: DatabaseUnavailable when another try may help, else DatabaseError."""
    driver = getattr(error, "orig", None) or error
    message = " ".join(str(driver).split())
    state = getattr(driver, "pgcode", None)
    shown = Redactor(filter(None, [url.password]))(message) + (f" (SQLSTATE {state})" if state else "")
    advice = _advice(_without_names(message), state)
    sentence = f"database {shown_url(url)}: {shown}" + (f"; {advice}" if advice else "")
    return DatabaseUnavailable(sentence) if may_pass(error) else DatabaseError(sentence)


def shown_url(url: URL) -> str:
    """The URL for people: without its password and without what follows the `?`."""
    return url.set(query={}).render_as_string(hide_password=True)


def may_pass(error: BaseException) -> bool:
    """Whether another try may help: by SQLSTATE, by SQLite's name, or, while connecting, by what was said."""
    if isinstance(error, DatabaseError):
        return error.transient
    if isinstance(error, PoolTimeout):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    driver = error.orig
    if state := getattr(driver, "pgcode", None):
        is_standby = state == "55000" and "recovery" in str(driver)
        is_pooler = state == _INTERNAL_STATE and any(phrase in str(driver) for phrase in _PASSING_INTERNAL)
        return state[:2] in _PASSING_CLASSES or state in _PASSING_STATES or is_standby or is_pooler
    if name := getattr(driver, "sqlite_errorname", None):
        return str(name).startswith(_PASSING_SQLITE)
    is_operational = type(driver).__name__ in ("OperationalError", "InterfaceError")
    return is_operational and not any(phrase in _without_names(str(driver)) for phrase in _LASTING_PHRASES)


def _without_names(message: str) -> str:
    """`message` without what stands in quotation marks: a host `alert.example` says nothing about TLS."""
    return re.sub('"[^"]*"', '""', message)


def _advice(message: str, state: str | None) -> str:
    if state in _ADVICE_BY_STATE:
        return _ADVICE_BY_STATE[state]
    advice_by_phrase = _LASTING_PHRASES | _PASSING_ADVICE
    return next((advice for phrase, advice in advice_by_phrase.items() if phrase in message), "")
