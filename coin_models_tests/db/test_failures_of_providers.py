"""What PostgreSQL, its poolers and its providers say, sorted by meaning: an outage is waited for, the rest ends at once."""

import pytest

from coin_models.db.failures import explain
from coin_models.errors import DatabaseUnavailable
from coin_models_tests.db.test_failures import DSN, SERVER, connecting, stated

OUTAGES_BY_STATE = [
    ("08001", "unable to establish connection"),
    ("08004", "server rejected the connection"),
    ("08007", "transaction resolution unknown"),
    ("08P01", "no more connections allowed (max_client_conn)"),
    ("25P03", "terminating connection due to idle-in-transaction timeout"),
    ("25P04", "terminating connection due to transaction timeout"),
    ("40000", "transaction rolled back"),
    ("40003", "statement completion unknown"),
    ("53000", "insufficient resources"),
    ("53200", "out of memory"),
    ("57000", "operator intervention"),
    ("57014", "canceling statement due to statement timeout"),
    ("57P05", "terminating connection due to idle-session timeout"),
    ("58000", "could not fork"),
    ("58030", "could not read block 7: Input/output error"),
    ("72000", "snapshot too old"),
    ("XX000", "MaxClientsInSessionMode: max clients reached"),
    ("XX000", "Control plane request failed"),
]
LASTING_BY_STATE = [
    ("0A000", "cached plan must not change result type"),
    ("22003", "integer out of range"),
    ("23503", "violates foreign key constraint"),
    ("28000", "role is not permitted to log in"),
    ("42703", "column does not exist"),
    ("3F000", "schema does not exist"),
    ("40002", "transaction integrity constraint violation"),
    ("54000", "statement too complex"),
    ("58P01", "could not open file"),
    ("XX001", "invalid page in block 7"),
    ("XX002", "index is corrupted"),
]
OUTAGES_WHILE_CONNECTING = [
    "FATAL:  too many connections for role",
    "FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute",
    "FATAL:  terminating connection due to administrator command",
    "FATAL:  MaxClientsInSessionMode: max clients reached",
    "FATAL:  server login has been failing, cached error: connect timeout (server_login_retry)",
    "could not receive data from server: Connection reset by peer",
    "SSL connection has been closed unexpectedly",
    "Network is unreachable",
    'could not translate host name "db" to address: No address associated with hostname',
    'could not translate host name "db" to address: nodename nor servname provided, or not known',
]
LASTING_WHILE_CONNECTING = [
    ("FATAL:  Tenant or user not found", "check user and password"),
    ('FATAL:  PAM authentication failed for user "me"', "check user and password"),
    ("FATAL:  SASL authentication failed", "check user and password"),
    ("channel binding required, but server did not offer an authentication method that supports it", "channel_binding"),
    ("SSL error: unsupported protocol", "TLS"),
    ("SSL error: no protocols available", "TLS"),
    ("SSL error: certificate has expired", "this machine's clock"),
    ("SSL error: tlsv1 alert unknown ca", "check sslmode and certificates"),
    ("received invalid response to SSL negotiation: H", "check the port"),
    ("expected authentication request from server, but received H", "check the port"),
    ("FATAL:  unsupported frontend protocol 3.0: server supports 1.0 to 2.0", "check the port"),
    ('invalid integer value "soon" for connection option "connect_timeout"', "what follows the ?"),
    ('missing "=" after "x" in connection info string', "what follows the ?"),
]


@pytest.mark.parametrize(("state", "words"), OUTAGES_BY_STATE)
def test_a_state_of_an_outage_is_waited_for_with_its_words(state: str, words: str) -> None:
    error = explain(stated(state, words), DSN)

    assert isinstance(error, DatabaseUnavailable)
    assert f"{words} (SQLSTATE {state})" in str(error)


@pytest.mark.parametrize(("state", "words"), LASTING_BY_STATE)
def test_a_state_that_no_wait_helps_ends_at_once_with_its_words(state: str, words: str) -> None:
    error = explain(stated(state, words), DSN)

    assert not isinstance(error, DatabaseUnavailable)
    assert f"{words} (SQLSTATE {state})" in str(error)


@pytest.mark.parametrize("words", OUTAGES_WHILE_CONNECTING)
def test_an_outage_while_connecting_is_waited_for(words: str) -> None:
    error = explain(connecting(SERVER + words), DSN)

    assert isinstance(error, DatabaseUnavailable)
    assert words in " ".join(str(error).split("\n")).replace("FATAL: ", "FATAL:  ")


@pytest.mark.parametrize(("words", "advice"), LASTING_WHILE_CONNECTING)
def test_what_no_wait_helps_while_connecting_ends_at_once_with_advice(words: str, advice: str) -> None:
    error = explain(connecting(SERVER + words), DSN)

    assert not isinstance(error, DatabaseUnavailable)
    assert advice in str(error)
