"""Large objects to S3 in parts, several at a time.

Belongs here: beginning, sending and completing one upload, and taking back one that failed. Not here: retries of the
whole (`s3.py`), small objects.

A process killed within an upload leaves parts that a bucket keeps, invisibly, and bills: `remove_abandoned` aborts
them.
"""

import base64
import hashlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypedDict

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

_PART_BYTES = 8 * 1024 * 1024  # S3 wants 5 MiB at least, but for the last
_CONCURRENCY = 4


class MultipartUpload:
    """One upload of one object."""

    def __init__(self, client: "S3Client", bucket: str, name: str, metadata: Mapping[str, str]) -> None:
        self._client = client
        self._bucket = bucket
        self._name = name
        self._metadata = metadata

    def run(self, data: bytes, *, if_absent: bool) -> None:
        """Sends all parts and completes: before that, the object is as it was. Errors are boto3's."""
        started = self._client.create_multipart_upload(
            Bucket=self._bucket, Key=self._name, Metadata=dict(self._metadata)
        )
        try:
            self._complete(started["UploadId"], data, if_absent=if_absent)
        except BaseException:
            with suppress(ClientError, BotoCoreError):
                self._client.abort_multipart_upload(Bucket=self._bucket, Key=self._name, UploadId=started["UploadId"])
            raise

    def _complete(self, upload_id: str, data: bytes, *, if_absent: bool) -> None:
        view = memoryview(data)
        with ThreadPoolExecutor(_CONCURRENCY, thread_name_prefix="s3-part") as pool:
            sent = [
                pool.submit(self._send, upload_id, number, bytes(view[start : start + _PART_BYTES]))
                for number, start in enumerate(range(0, len(data), _PART_BYTES), start=1)
            ]
            parts = [future.result() for future in sent]
        self._client.complete_multipart_upload(
            Bucket=self._bucket,
            Key=self._name,
            UploadId=upload_id,
            MultipartUpload={"Parts": parts},
            **unless_there(if_absent=if_absent),
        )

    def _send(self, upload_id: str, number: int, part: bytes) -> "CompletedPartTypeDef":
        answer = self._client.upload_part(
            Bucket=self._bucket,
            Key=self._name,
            UploadId=upload_id,
            PartNumber=number,
            Body=part,
            ContentMD5=base64.b64encode(hashlib.md5(part, usedforsecurity=False).digest()).decode(),
        )
        return {"PartNumber": number, "ETag": answer["ETag"]}


class Condition(TypedDict, total=False):
    """The arguments that make a put conditional."""

    IfNoneMatch: str


def unless_there(*, if_absent: bool) -> Condition:
    """What to add to a put that must not replace an object."""
    return {"IfNoneMatch": "*"} if if_absent else {}


def remove_abandoned(client: "S3Client", bucket: str, prefix: str, *, now: datetime, older_than: timedelta) -> int:
    """Aborts uploads under `prefix` begun longer ago than `older_than`; returns how many. Errors are boto3's."""
    aborted = 0
    for page in client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, Prefix=prefix):
        for upload in page.get("Uploads", ()):
            if now - upload["Initiated"] > older_than:
                client.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
                aborted += 1
    return aborted
