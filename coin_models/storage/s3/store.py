"""An object store in an S3 bucket: AWS, Cloudflare R2, MinIO, SeaweedFS, Backblaze.

Checksums: every put has Content-MD5, which all stores check on arrival, and the SHA-256 as metadata, which every
get compares. So a bit that flips on either way or in the store is found, whether or not the store knows S3's newer
checksums.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from coin_models.errors import ObjectDamaged, ObjectExists, ObjectNotFound, StoreRefused, StoreUnavailable
from coin_models.retrying import Backoff
from coin_models.storage.object_store import ObjectInfo, check_bytes, check_key, sha256_hex
from coin_models.storage.s3.bulk import BulkReader
from coin_models.storage.s3.failures import explain
from coin_models.storage.s3.multipart import content_md5, put_in_parts, remove_abandoned

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import PutObjectRequestTypeDef

_MULTIPART_BYTES = 16 * 1024 * 1024
"""Objects from this size on are put in parts: a lost connection then costs a part."""
_MAX_READERS = 16
_ABANDONED_AFTER = timedelta(days=1)
PATIENCE_SECONDS = 60.0
_LONGEST_PAUSE_SECONDS = 5.0
_DAMAGED_READS = 3
"""Reads with a wrong digest before the object, rather than the network, counts as damaged."""


class S3Store:
    """Keeps objects in a bucket, under a prefix."""

    def __init__(self, client: "S3Client", bucket: str, prefix: str = "", *, patience: Backoff | None = None) -> None:
        """Asks nothing of the store yet.

        Args:
            client: boto3's.
            bucket: its name.
            prefix: put before every key, without a slash at its end.
            patience: how long to wait for an unavailable store.
        """
        self._client = client
        self._bucket = bucket
        self._prefix = f"{check_key(prefix)}/" if prefix else ""
        self._patience = patience or s3_patience(PATIENCE_SECONDS)
        self._has_swept = False
        num_connections = client.meta.config.max_pool_connections  # type: ignore[attr-defined]
        self._bulk = BulkReader(client, bucket, num_connections=num_connections)
        # One pool for all callers: more readers than connections would only open and drop more of these.
        self._readers = ThreadPoolExecutor(min(_MAX_READERS, num_connections), thread_name_prefix="s3")

    @property
    def url(self) -> str:
        """Where it is, for people."""
        return f"s3://{self._bucket}/{self._prefix}".rstrip("/")

    def put(self, key: str, data: bytes, *, if_absent: bool = False, durable: bool = True) -> ObjectInfo:
        """Stores `data` whole or not at all; see `ObjectStore.put`."""
        del durable  # S3 always is
        digest = sha256_hex(data)
        attempts = 0

        def attempt() -> None:
            nonlocal attempts
            attempts += 1
            with self._explained(f"put {key} ({len(data)} bytes) into {self.url}"):
                self._send(self._name(key), data, digest, if_absent=if_absent)

        try:
            self._patience.run(attempt)
        except ObjectExists:
            # An earlier attempt of ours may have arrived though its answer did not.
            if attempts == 1 or self._digest_of(key) != digest:
                raise
        return ObjectInfo(key=key, size=len(data), modified=datetime.now(UTC), sha256=digest)

    def get(self, key: str, *, sha256: str | None = None) -> bytes:
        """The object's bytes; see `ObjectStore.get`."""
        for _ in range(_DAMAGED_READS - 1):
            with suppress(ObjectDamaged):  # on its way, perhaps
                return self._get(key, sha256)
        return self._get(key, sha256)

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        """The objects of these keys, fetched concurrently; absent ones are left out."""
        unique = list(dict.fromkeys(keys))
        contents = self._readers.map(self._get_quickly, unique)
        return {key: data for key, data in zip(unique, contents, strict=True) if data is not None}

    def list(self, prefix: str) -> list[ObjectInfo]:
        """Every object whose key starts with `prefix`, sorted by key."""

        def attempt() -> Sequence[ObjectInfo]:
            with self._explained(f"list {prefix} in {self.url}"):
                return tuple(self._entries(prefix))

        return sorted(self._patience.run(attempt), key=lambda info: info.key)

    def delete(self, key: str) -> None:
        """Removes the object; no error when it is absent."""

        def attempt() -> None:
            with self._explained(f"delete {key} from {self.url}"):
                self._client.delete_object(Bucket=self._bucket, Key=self._name(key))

        self._patience.run(attempt)

    def _name(self, key: str) -> str:
        return self._prefix + check_key(key)

    def _send(self, name: str, data: bytes, digest: str, *, if_absent: bool) -> None:
        if not if_absent:
            self._replace(name, data, digest)
            return
        try:
            self._client.put_object(**(self._request(name, data, digest) | {"IfNoneMatch": "*"}))
        except ClientError as error:
            if error.response["Error"].get("Code") != "NotImplemented":
                raise
            # A store without conditional puts: between this look and the put another writer may come.
            if self._client.list_objects_v2(Bucket=self._bucket, Prefix=name, MaxKeys=1).get("Contents"):
                raise ObjectExists(f"{name} is already in {self.url}") from error
            self._replace(name, data, digest)

    def _replace(self, name: str, data: bytes, digest: str) -> None:
        if len(data) >= _MULTIPART_BYTES:
            self._remove_abandoned()
            put_in_parts(self._client, self._bucket, name, data, {"sha256": digest})
        else:
            self._client.put_object(**self._request(name, data, digest))

    def _request(self, name: str, data: bytes, digest: str) -> "PutObjectRequestTypeDef":
        return {
            "Bucket": self._bucket,
            "Key": name,
            "Body": data,
            "ContentMD5": content_md5(data),
            "Metadata": {"sha256": digest},
        }

    def _remove_abandoned(self) -> None:
        """Once per process: parts that killed uploads left behind are invisible, and billed."""
        if not self._has_swept:
            self._has_swept = True
            with suppress(ClientError, BotoCoreError):  # such as no permission: no reason to fail a put
                remove_abandoned(
                    self._client, self._bucket, self._prefix, now=datetime.now(UTC), older_than=_ABANDONED_AFTER
                )

    def _get(self, key: str, sha256: str | None) -> bytes:
        data, stored = self._patience.run(lambda: self._receive(key))
        return check_bytes(key, check_bytes(key, data, stored, where=self.url), sha256, where=self.url)

    def _receive(self, key: str) -> tuple[bytes, str | None]:
        with self._explained(f"get {key} from {self.url}"):
            answer = self._client.get_object(Bucket=self._bucket, Key=self._name(key))
            return answer["Body"].read(), answer["Metadata"].get("sha256")

    def _get_quickly(self, key: str) -> bytes | None:
        data = self._bulk.read(self._name(key))
        if data is not None:
            return data
        try:
            return self.get(key)  # absent, or anything unusual: the thorough way says what
        except ObjectNotFound:
            return None

    def _digest_of(self, key: str) -> str | None:
        with self._explained(f"look at {key} in {self.url}"):
            return self._client.head_object(Bucket=self._bucket, Key=self._name(key))["Metadata"].get("sha256")

    def _entries(self, prefix: str) -> Iterator[ObjectInfo]:
        paginator = self._client.get_paginator("list_objects_v2")
        for page in paginator.paginate(Bucket=self._bucket, Prefix=self._prefix + prefix):
            for entry in page.get("Contents", ()):
                key = entry["Key"].removeprefix(self._prefix)
                yield ObjectInfo(key=key, size=entry["Size"], modified=entry["LastModified"].astimezone(UTC))

    @contextmanager
    def _explained(self, attempt: str) -> Iterator[None]:
        try:
            yield
        except (ClientError, BotoCoreError) as error:
            raise explain(error, attempt, bucket=self._bucket) from error
        except OSError as error:  # a body that broke off while it was read
            raise StoreUnavailable(f"could not {attempt}: {error}") from error


def s3_patience(seconds: float) -> Backoff:
    """How long to wait for an unavailable store."""
    return Backoff(seconds, service="the store", longest_pause_seconds=_LONGEST_PAUSE_SECONDS)


def split_s3_url(url: str) -> tuple[str, str]:
    """Bucket and prefix of s3://bucket/prefix.

    Raises:
        StoreRefused: there is no bucket in it.
    """
    bucket, _, prefix = url.removeprefix("s3://").partition("/")
    if not bucket or not url.startswith("s3://"):
        raise StoreRefused(f"store_url {url!r} names no bucket; expected s3://bucket/prefix")
    return bucket, prefix.strip("/")
