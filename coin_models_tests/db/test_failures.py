"""What may pass and what does not, by SQLSTATE, by SQLite's name and by libpq's words; each a sentence with advice."""

import sqlite3

import pytest
from sqlalchemy import URL, create_engine, text
from sqlalchemy.exc import DBAPIError, InternalError, OperationalError

from coin_models.db.failures import explain, may_pass
from coin_models.errors import DatabaseUnavailable

SERVER = 'connection to server at "10.0.0.1", port 5432 failed: '
DSN = URL.create("postgresql+psycopg2", "me", "planted-secret", "host", 5432, "coins", query={"sslmode": "require"})


class DriverError(Exception):
    """psycopg2's, whose attribute cannot be set."""

    def __init__(self, message: str, pgcode: str | None) -> None:
        super().__init__(message)
        self.pgcode = pgcode


class OperationalDriverError(DriverError):
    """What libpq says while connecting."""


OperationalDriverError.__name__ = "OperationalError"


def connecting(message: str) -> DBAPIError:
    return OperationalError("", None, OperationalDriverError(message, None))


def stated(state: str, message: str = "said the server") -> DBAPIError:
    return InternalError("INSERT", None, DriverError(message, state))


@pytest.mark.parametrize(
    "state",
    [
        "25006",
        "57P01",
        "57P02",
        "57P03",
        "08000",
        "08003",
        "08006",
        "08P01",
        "53300",
        "53100",
        "40001",
        "40P01",
        "55P03",
    ],
)
def test_a_state_that_passes_is_transient_and_named(state: str) -> None:
    error = explain(stated(state), DSN)

    assert isinstance(error, DatabaseUnavailable)
    assert f"said the server (SQLSTATE {state})" in str(error)


@pytest.mark.parametrize("state", ["28P01", "28000", "3D000", "42501", "42P01", "23505", "22001", "57P04", "XX000"])
def test_a_state_that_stays_is_not_waited_for(state: str) -> None:
    assert not may_pass(stated(state))


def test_a_standby_that_is_asked_for_a_lock_may_be_promoted() -> None:
    assert may_pass(stated("55000", "cannot acquire lock mode during recovery"))
    assert not may_pass(stated("55000", "lastval is not yet defined in this session"))


@pytest.mark.parametrize(
    "message",
    [
        SERVER + "Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?",
        SERVER + "FATAL:  the database system is starting up",
        SERVER + "FATAL:  sorry, too many clients already",
        SERVER + "Connection timed out",
        SERVER + "No route to host",
        SERVER + "session is read-only",
        SERVER + "SSL SYSCALL error: EOF detected",
        SERVER + "FATAL:  das Datenbanksystem startet",
        'could not translate host name "db" to address: Temporary failure in name resolution',
        'could not translate host name "db" to address: Name or service not known',
        'connection to server on socket "/run/.s.PGSQL.5432" failed: No such file or directory',
        "timeout expired",
    ],
)
def test_a_server_that_cannot_be_reached_may_come_back(message: str) -> None:
    assert may_pass(connecting(message))


@pytest.mark.parametrize(
    ("message", "advice"),
    [
        (SERVER + 'FATAL:  password authentication failed for user "me"', "check user and password"),
        (SERVER + 'FATAL:  Peer authentication failed for user "me"', "check user and password"),
        (SERVER + "fe_sendauth: no password supplied", "give user and password"),
        (SERVER + 'FATAL:  database "x" does not exist', "check the names in database_url, or create what is missing"),
        (SERVER + 'FATAL:  no pg_hba.conf entry for host "10.0.0.2"', "pg_hba.conf admit this host"),
        (SERVER + "SSL error: certificate verify failed", "check sslmode and sslrootcert"),
        (SERVER + 'root certificate file "/x" does not exist', "name the file of the issuer's certificate"),
        (SERVER + "server does not support SSL, but SSL was required", "give another sslmode"),
        (SERVER + "SSL error: wrong version number", "not PostgreSQL"),
        ('invalid sslmode value: "x"', "check sslmode"),
    ],
)
def test_what_no_wait_helps_ends_at_once_with_advice(message: str, advice: str) -> None:
    error = connecting(message)

    assert not may_pass(error)
    assert advice in str(explain(error, DSN))


def test_a_sentence_shows_neither_password_nor_options() -> None:
    message = str(explain(connecting(f"{SERVER}FATAL: planted-secret is wrong"), DSN))

    assert message.startswith("database postgresql+psycopg2://me:***@host:5432/coins: connection to server")
    assert "planted-secret" not in message


def test_a_full_disk_and_a_locked_file_of_sqlite_may_pass_and_a_missing_table_does_not() -> None:
    def raised(name: str) -> DBAPIError:
        error = sqlite3.OperationalError("said SQLite")
        error.sqlite_errorname = name
        return OperationalError("", None, error)

    with create_engine("sqlite://").connect() as connection, pytest.raises(DBAPIError) as caught:
        connection.execute(text("SELECT * FROM nowhere"))

    assert [may_pass(raised(name)) for name in ("SQLITE_BUSY", "SQLITE_BUSY_SNAPSHOT", "SQLITE_FULL")] == [True] * 3
    assert not may_pass(raised("SQLITE_READONLY"))
    assert not may_pass(caught.value)


@pytest.mark.parametrize("password", ["password", "authentication", "failed", "a"])
def test_a_password_that_is_a_common_word_leaves_the_sentence_and_its_advice_whole(password: str) -> None:
    url = DSN.set(password=password)

    message = str(explain(connecting(SERVER + 'FATAL:  password authentication failed for user "me"'), url))

    assert "check user and password in database_url" in message
    assert "port 5432 failed" in message or password == "failed"
    assert "password authentication" in message or password == "authentication"


def test_a_password_that_stands_alone_is_masked() -> None:
    message = str(explain(connecting('invalid dsn: "planted-secret@host"'), DSN))

    assert "planted-secret" not in message


@pytest.mark.parametrize("host", ["alert.example", "certificate-store", "sslmode.internal"])
def test_the_name_of_a_host_does_not_make_an_outage_last(host: str) -> None:
    error = connecting(f'connection to server at "{host}" (10.0.0.1), port 5432 failed: timeout expired')

    explained = explain(error, DSN)

    assert may_pass(error)
    assert "TLS" not in str(explained)
    assert "sslmode and" not in str(explained)
