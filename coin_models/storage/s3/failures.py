"""Translates S3's errors: whether a retry can help, and one sentence with the store's own code and text, and advice.

Codes: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from botocore.exceptions import (
    BotoCoreError,
    ChecksumError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own, broader than the builtin
    CredentialRetrievalError,
    FlexibleChecksumError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    PartialCredentialsError,
    SSLError,
    TokenRetrievalError,
)

from coin_models.errors import ObjectDamaged, ObjectExists, ObjectNotFound, StoreError, StoreRefused, StoreUnavailable

_NOT_FOUND = {"NoSuchKey", "404", "NotFound"}
_EXISTS = {"PreconditionFailed", "412"}
_CLOCK = {"RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"}
_CREDENTIALS = {
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "InvalidToken",
    "AuthFailure",
    "Unauthorized",
    "401",
}
_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"}
_REGION = {
    "AuthorizationHeaderMalformed",
    "PermanentRedirect",
    "TemporaryRedirect",
    "IllegalLocationConstraintException",
    "InvalidRegionName",
    "301",
    "307",
}
_TRANSIENT = {
    "SlowDown",
    "SlowDownRead",
    "SlowDownWrite",
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
    "XAmzContentChecksumMismatch",
    "ClientDisconnected",  # 499 of MinIO and of proxies
    "IncompleteBody",
    "NoSuchUpload",
}
_BUSY = re.compile("throttl|slowdown|toomanyrequests|busy|timed?out|temporar|ratelimit", re.IGNORECASE)
"""Codes of services that have one of their own for the same: `KMS.ThrottlingException`, `RequestThrottled`."""
_DENIED = {"AccessDenied", "AllAccessDisabled", "Forbidden", "403"}
_FULL = re.compile(r"\b(caps?|quota|storage(?! class)|limit|full|exceeded|space)\b", re.IGNORECASE)
_ACCOUNT = re.compile(r"\b(account|billing|payment|suspended|delinquent|overdue|disabled)\b", re.IGNORECASE)
_FULL_CODE = re.compile("quota|cap(acity)?exceeded|storagefull|insufficientstorage|storageexceeded", re.IGNORECASE)
_ACCOUNT_CODE = re.compile("account|billing|payment|suspended|notsignedup", re.IGNORECASE)
_HANDSHAKE_BROKE_OFF = ("eof", "timed out", "reset")  # a proxy that restarts, not a certificate
_USER_OF_URL = re.compile(r"(?<=://)[^/\s@]+@")  # a proxy's user and password
_LONGEST_WORDS = 300  # a proxy's error page may be long


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
    if isinstance(
        error, CredentialRetrievalError | TokenRetrievalError
    ):  # such as an instance's metadata, for a moment
        return StoreUnavailable(f"could not {attempt}: {_cause(error)}")
    if isinstance(error, SSLError):
        return _explain_tls(error, attempt)
    if isinstance(error, HTTPClientError) and isinstance(error.kwargs.get("error"), ValueError):
        # Quoted, it would show the access key, and with a line end in it the terminal's line would be overwritten.
        return StoreRefused(
            f"could not {attempt}: the access key or the endpoint holds a character that HTTP forbids, such as a line end; "
            "correct AWS_ACCESS_KEY_ID or its file, store_access_key_id, or store_endpoint_url"
        )
    if isinstance(error, ConnectionError | HTTPClientError | IncompleteReadError):
        return StoreUnavailable(f"could not {attempt}: {_cause(error)}")
    return StoreRefused(f"could not {attempt}: {_cause(error)}")


def _explain_tls(error: SSLError, attempt: str) -> StoreError:
    words = _cause(error)
    if any(phrase in words.lower() for phrase in _HANDSHAKE_BROKE_OFF):
        return StoreUnavailable(f"could not {attempt}: {words}")
    if "certificate" in words.lower():
        advice = (
            "correct store_endpoint_url or this machine's clock, or name the certificate's issuer with AWS_CA_BUNDLE"
        )
    else:
        advice = "check whether store_endpoint_url begins with the scheme that the store speaks, https:// or http://"
    return StoreRefused(f"could not {attempt}: {words}; {advice}")


def _cause(error: BotoCoreError) -> str:
    """What botocore says, and the reason that it leaves out: not found by DNS, refused, timed out."""
    cause = error.kwargs.get("error")
    reason = re.sub(r"^\w+\(host=[^)]*\): ", "", str(cause)) if cause is not None else ""
    message = str(error)
    if reason and str(cause) not in message:
        message = f"{message}: {reason}"
    if "Failed to resolve" in message:
        message += "; check the host in store_endpoint_url, or this machine's DNS"
    return _shortened(message)


def _explain_answer(error: ClientError, attempt: str, bucket: str) -> StoreError:
    details = error.response.get("Error", {})
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    code = str(details.get("Code", status))
    if code in _NOT_FOUND:
        return ObjectNotFound(f"could not {attempt}: no such object")
    if code in _EXISTS:
        return ObjectExists(f"could not {attempt}: the object already exists")
    is_transient = code in _TRANSIENT or _BUSY.search(code) is not None or status in (408, 429) or status >= 500
    if is_transient and code not in ("NotImplemented", "501"):
        return StoreUnavailable(f"could not {attempt}: {_words(error)}")
    advice = _advice(error, code, bucket)
    return StoreRefused(f"could not {attempt}: {_words(error)}" + (f"; {advice}" if advice else ""))


def _words(error: ClientError) -> str:
    """The store's own code and words."""
    details = error.response.get("Error", {})
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    code, message = str(details.get("Code", "")), str(details.get("Message", ""))
    shown = code if not status or code == str(status) else f"{status} {code}".rstrip()
    return _shortened(f"the store answered {shown} {message!r}" if message else f"the store answered {shown}")


def _advice(error: ClientError, code: str, bucket: str) -> str:
    message = str(error.response.get("Error", {}).get("Message", ""))
    if code == "NoSuchBucket":
        return f"bucket {bucket!r} does not exist: create it or correct store_url"
    if code in _CLOCK:
        return f"this machine's clock is {_skew(error)}: set it (NTP)"
    if code in _EXPIRED:
        return "the temporary credentials are no longer valid: get new ones, with their AWS_SESSION_TOKEN"
    if code in _CREDENTIALS:
        return (
            "it does not accept the credentials: check store_access_key_id and store_secret_access_key"
            f"{' (that the secret key is whole)' if code == 'SignatureDoesNotMatch' else ''}"
        )
    if code in _REGION or "region" in message.lower():
        region = _region(error)
        return f"bucket {bucket!r} is in another region: set store_region{'=' + region if region else ''}"
    if code in ("NotImplemented", "501"):
        return "the store cannot do that"
    if code in _DENIED or _FULL_CODE.search(code) or _ACCOUNT_CODE.search(code):
        return _denied_advice(code, message)
    if code in ("400", "BadRequest", "InvalidRequest"):
        return "check store_region, store_endpoint_url (https:// or http://) and the credentials"
    return ""


def _denied_advice(code: str, message: str) -> str:
    """A store also denies when it is full, or not paid for: permissions would not help."""
    if _FULL_CODE.search(code) or _FULL.search(message):
        return "the store's own limit is reached: raise it or remove something there"
    if _ACCOUNT_CODE.search(code) or _ACCOUNT.search(message):
        return "see the account's state at the provider"
    return (
        "if these credentials lack the permission, grant s3:GetObject, PutObject, DeleteObject, AbortMultipartUpload "
        "and ListBucket"
    )


def _region(error: ClientError) -> str:
    """Where the bucket is, if the store says so."""
    headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    details = dict(error.response.get("Error", {}))
    named = re.search(r"expecting '([\w-]+)'", str(details.get("Message", "")))
    return str(headers.get("x-amz-bucket-region") or details.get("Region") or (named.group(1) if named else ""))


def _skew(error: ClientError) -> str:
    """How far the clock is off, from the time the store answered at."""
    answered = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    if not answered:
        return "too far from the store's"
    try:
        at = parsedate_to_datetime(answered)
    except ValueError:  # a proxy's own idea of a date
        return "too far from the store's"
    minutes = (datetime.now(UTC) - at.replace(tzinfo=at.tzinfo or UTC)).total_seconds() / 60
    if abs(minutes) < 1:  # the time is that of a proxy in between
        return "too far from the store's"
    return f"{abs(minutes):.0f} minutes {'ahead of' if minutes > 0 else 'behind'} the store's"


def _shortened(message: str) -> str:
    message = _USER_OF_URL.sub("***@", " ".join(message.split()))
    return message if len(message) <= _LONGEST_WORDS else f"{message[:_LONGEST_WORDS]}..."
