"""The rules for `store_url` and `store_endpoint_url`: a bucket with a prefix; the URL of a host, without the bucket."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

_MEANT_FOR_S3 = re.compile(r"s3:/*", re.IGNORECASE)
_BUCKET = re.compile(r"[A-Za-z0-9._-]+")


def is_meant_for_s3(url: str) -> bool:
    """Whether it begins with `s3:`, however many slashes follow: no folder is called so."""
    return _MEANT_FOR_S3.match(url) is not None


def s3_problems(url: str) -> Iterator[str]:
    """What is wrong with a `store_url` that is meant for S3, at most one sentence."""
    bucket, _, prefix = _MEANT_FOR_S3.sub("", url, count=1).partition("/")
    if not bucket:
        yield f"store_url {_shown(url)!r} names no bucket; give s3://bucket/prefix"
    elif not _BUCKET.fullmatch(bucket) or any(mark in prefix for mark in "?#\"'"):
        yield f"store_url {_shown(url)!r} has more than a bucket and a prefix; give s3://bucket/prefix"
    elif not url.startswith(f"s3://{bucket}"):
        meant = "/".join(filter(None, (f"s3://{bucket}", prefix)))
        yield f"store_url {_shown(url)!r} does not begin with s3:// and the bucket; give {meant}"


def endpoint_problems(url: str, *, bucket: str) -> Iterator[str]:
    """What is wrong with an endpoint, at most one sentence; providers show it with the bucket in its path or its host."""
    example = "such as https://ACCOUNT.r2.cloudflarestorage.com"
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        parts.port  # noqa: B018 -- raises ValueError where it is no number
    except ValueError:
        parts, host = urlsplit(""), ""
    if parts.scheme not in ("http", "https") or not host or any(char.isspace() for char in url):
        yield f"store_endpoint_url {_shown(url)!r} is not the URL of a host, {example}"
    elif parts.query or parts.fragment:
        yield f"store_endpoint_url {_shown(url)!r} has more than scheme, host and path, {example}"
    elif bucket and parts.path.rstrip("/").endswith(f"/{bucket}"):
        without = parts._replace(path=parts.path.rstrip("/").removesuffix(f"/{bucket}")).geturl()
        yield f"store_endpoint_url ends with the bucket {bucket!r}, which store_url names: give {without}"
    elif bucket and host.startswith(f"{bucket}.".lower()) and not host.replace(".", "").isdigit():
        without = parts._replace(netloc=parts.netloc[len(bucket) + 1 :]).geturl()
        yield f"store_endpoint_url begins with the bucket {bucket!r}, which store_url names: give {without}"


def _shown(url: str) -> str:
    """Without what follows a question mark: some write keys there."""
    address, mark, _query = url.partition("?")
    return f"{address}?***" if mark else url
