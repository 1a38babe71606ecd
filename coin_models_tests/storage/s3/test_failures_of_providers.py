"""Codes of AWS, MinIO, Ceph, R2, B2, GCS and Wasabi, sorted by meaning: outages are waited for, with the store's words."""

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ProxyConnectionError,
    ReadTimeoutError,
    SSLError,
)

from coin_models.errors import StoreError, StoreRefused, StoreUnavailable
from coin_models.storage.s3.failures import explain

OUTAGES = [
    (503, "ServerBusy"),
    (503, "XMinioServerNotInitialized"),
    (503, "OperationTimedOut"),
    (500, "InternalServerError"),
    (502, "502"),
    (504, "504"),
    (509, "BandwidthLimitExceeded"),
    (522, "522"),
    (429, "rateLimitExceeded"),
    (429, "TooManyRequestsException"),
    (400, "RequestThrottled"),
    (400, "KMS.ThrottlingException"),
    (400, "ThrottledException"),
    (400, "RequestTimeoutException"),
    (403, "RequestThrottledException"),
    (403, "SlowDown"),
    (408, "RequestTimeout"),
    (409, "OperationAborted"),
    (499, "ClientDisconnected"),
    (400, "XAmzContentChecksumMismatch"),
    (400, "IncompleteBody"),
]
LASTING = [
    (400, "InvalidBucketName", "Not a name", ""),
    (400, "KMS.DisabledException", "key is disabled", ""),
    (400, "MalformedXML", "not well-formed", ""),
    (400, "ExpiredToken", "token has expired", "get new ones"),
    (401, "Unauthorized", "unauthorized", "does not accept the credentials"),
    (402, "PaymentRequired", "Pay first", "the account's state at the provider"),
    (403, "AccountProblem", "There is a problem", "the account's state at the provider"),
    (403, "UserSuspended", "None", "the account's state at the provider"),
    (403, "QuotaExceeded", "None", "the store's own limit is reached"),
    (403, "ServiceQuotaExceededException", "over", "the store's own limit is reached"),
    (403, "XMinioAdminBucketQuotaExceeded", "Bucket quota exceeded", "the store's own limit is reached"),
    (403, "InvalidAccessKeyId", "no such key", "does not accept the credentials"),
    (403, "InvalidObjectState", "not valid for the object's storage class", ""),
    (403, "AccessDenied", "not valid for this storage class", "grant s3:GetObject"),
    (403, "RequestTimeTooSkewed", "skewed", "clock"),
    (405, "MethodNotAllowed", "not allowed", ""),
    (409, "InvalidBucketState", "not valid", ""),
    (411, "MissingContentLength", "length", ""),
    (501, "NotImplemented", "no such header", "the store cannot do that"),
]
URL = "https://store.example"


def _answer(status: int, code: str, words: str) -> StoreError:
    response = {"Error": {"Code": code, "Message": words}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return explain(ClientError(response, "PutObject"), "put a", bucket="coins")  # type: ignore[arg-type]


@pytest.mark.parametrize(("status", "code"), OUTAGES)
def test_an_outage_of_the_store_is_waited_for_with_its_words(status: int, code: str) -> None:
    error = _answer(status, code, "said the store")

    assert type(error) is StoreUnavailable
    assert "'said the store'" in str(error)
    assert str(status) in str(error)
    assert code in str(error)


@pytest.mark.parametrize(("status", "code", "words", "advice"), LASTING)
def test_what_no_wait_helps_ends_at_once_with_the_stores_words(status: int, code: str, words: str, advice: str) -> None:
    error = _answer(status, code, words)

    assert type(error) is StoreRefused
    assert f"{status} {code} {words!r}" in str(error)
    assert advice in str(error)
    assert bool(advice) == (f"{words!r}; " in str(error))


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (
            EndpointConnectionError(endpoint_url=URL, error="[Errno -3] Temporary failure in name resolution"),
            StoreUnavailable,
        ),
        (EndpointConnectionError(endpoint_url=URL, error="[Errno 101] Network is unreachable"), StoreUnavailable),
        (ConnectTimeoutError(endpoint_url=URL, error="timed out"), StoreUnavailable),
        (ReadTimeoutError(endpoint_url=URL, error="Read timed out."), StoreUnavailable),
        (ConnectionClosedError(endpoint_url=URL, error="Connection reset by peer"), StoreUnavailable),
        (ProxyConnectionError(proxy_url="http://proxy.example", error="503 Service Unavailable"), StoreUnavailable),
        (SSLError(endpoint_url=URL, error="EOF occurred in violation of protocol"), StoreUnavailable),
        (SSLError(endpoint_url=URL, error="The handshake operation timed out"), StoreUnavailable),
        (SSLError(endpoint_url=URL, error="certificate has expired"), StoreRefused),
        (SSLError(endpoint_url=URL, error="certificate verify failed: Hostname mismatch"), StoreRefused),
        (SSLError(endpoint_url=URL, error="unsupported protocol"), StoreRefused),
    ],
)
def test_an_error_below_http_is_sorted_by_its_words(error: BotoCoreError, meaning: type[StoreError]) -> None:
    explained = explain(error, "put a", bucket="coins")

    assert type(explained) is meaning
    assert str(error.kwargs["error"]) in str(explained)
