"""What S3's errors mean: try again, or don't; one sentence each, with what to do.

Belongs here: the reading of boto3's errors, for AWS and the stores that speak its language. Not here: the waiting.
Codes: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from botocore.exceptions import (
    BotoCoreError,
    ChecksumError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own, broader than the builtin
    FlexibleChecksumError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    PartialCredentialsError,
    SSLError,
)

from coin_models.errors import ObjectDamaged, ObjectExists, ObjectNotFound, StoreError, StoreRefused, StoreUnavailable

_NOT_FOUND = {"NoSuchKey", "404", "NotFound"}
_EXISTS = {"PreconditionFailed", "412"}
_CLOCK = {"RequestTimeTooSkewed", "RequestExpired"}
_CREDENTIALS = {
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "InvalidToken",
    "ExpiredToken",
    "TokenRefreshRequired",
    "AuthFailure",
    "Unauthorized",
    "401",
}
_REGION = {"AuthorizationHeaderMalformed", "PermanentRedirect", "IllegalLocationConstraintException", "301", "307"}
_TRANSIENT = {
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "RequestTimeout",
    "RequestLimitExceeded",
    "TooManyRequests",
    "InternalError",
    "ServiceUnavailable",
    "OperationAborted",
    "ConditionalRequestConflict",
    "BadDigest",  # the bytes were altered on their way
    "XAmzContentSHA256Mismatch",
    "IncompleteBody",
    "NoSuchUpload",
}


def explain(error: ClientError | BotoCoreError, attempt: str, *, bucket: str) -> StoreError:
    """The error as ours.

    Args:
        error: what boto3 raised.
        attempt: what was tried, such as "put models/x (12 bytes) into s3://bucket".
        bucket: named in the advice.
    """
    if isinstance(error, ClientError):
        return _explain_answer(error, attempt, bucket)
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return StoreRefused(
            f"could not {attempt}: no credentials; set store_access_key_id and store_secret_access_key, "
            "or one of boto3's own ways (environment, shared file, instance role)"
        )
    if isinstance(error, ChecksumError | FlexibleChecksumError):
        return ObjectDamaged(f"could not {attempt}: {error}")
    if isinstance(error, SSLError):
        return StoreRefused(f"could not {attempt}: {error}; check the certificate and store_endpoint_url")
    if isinstance(error, ConnectionError | HTTPClientError | IncompleteReadError):
        return StoreUnavailable(f"could not {attempt}: {error}")
    return StoreRefused(f"could not {attempt}: {error}")


def _explain_answer(error: ClientError, attempt: str, bucket: str) -> StoreError:
    details = error.response.get("Error", {})
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    code, said = str(details.get("Code", status)), str(details.get("Message", ""))
    if code in _NOT_FOUND:
        return ObjectNotFound(f"could not {attempt}: no such object")
    if code in _EXISTS:
        return ObjectExists(f"could not {attempt}: there is one already")
    if code == "NoSuchBucket":
        return StoreRefused(f"could not {attempt}: bucket {bucket!r} does not exist; create it or correct store_url")
    if code in _CLOCK:
        return StoreRefused(f"could not {attempt}: this machine's clock is {_skew(error)}; set it (NTP)")
    if code in _CREDENTIALS:
        return StoreRefused(
            f"could not {attempt}: the store does not accept the credentials ({code}); "
            "check store_access_key_id and store_secret_access_key"
        )
    if code in _REGION:
        return StoreRefused(f"could not {attempt}: bucket {bucket!r} is in another region ({code}); set store_region")
    if code in ("NotImplemented", "501"):
        return StoreRefused(f"could not {attempt}: the store cannot do that ({said})")
    if code in _TRANSIENT or status in (408, 429) or status >= 500:
        return StoreUnavailable(f"could not {attempt}: {code} {said}".rstrip())
    if code in ("AccessDenied", "AllAccessDisabled", "403"):
        return StoreRefused(
            f"could not {attempt}: these credentials have no permission for that ({code}); "
            "grant s3:GetObject, PutObject, DeleteObject, AbortMultipartUpload and ListBucket"
        )
    return StoreRefused(f"could not {attempt}: {code} {said}".rstrip())


def _skew(error: ClientError) -> str:
    """How far the clock is off, from the time the store answered at."""
    answered = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    if not answered:
        return "too far from the store's"
    minutes = (datetime.now(UTC) - parsedate_to_datetime(answered)).total_seconds() / 60
    return f"{abs(minutes):.0f} minutes {'ahead of' if minutes > 0 else 'behind'} the store's"
