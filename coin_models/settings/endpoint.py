"""The rule for `store_endpoint_url`: it is the URL of a host, without the bucket."""

from collections.abc import Iterator
from urllib.parse import urlsplit


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
        yield f"store_endpoint_url {url!r} is not the URL of a host, {example}"
    elif parts.query or parts.fragment:
        yield f"store_endpoint_url {url!r} has more than scheme, host and path, {example}"
    elif bucket and parts.path.rstrip("/").endswith(f"/{bucket}"):
        without = parts._replace(path=parts.path.rstrip("/").removesuffix(f"/{bucket}")).geturl()
        yield f"store_endpoint_url ends with the bucket {bucket!r}, which store_url names: give {without}"
    elif bucket and host.startswith(f"{bucket}.".lower()) and not host.replace(".", "").isdigit():
        without = parts._replace(netloc=parts.netloc[len(bucket) + 1 :]).geturl()
        yield f"store_endpoint_url begins with the bucket {bucket!r}, which store_url names: give {without}"
