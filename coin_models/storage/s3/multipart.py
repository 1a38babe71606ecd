"""Large objects to S3 in parts, several at a time, by boto3's transfer manager.

No caller puts a large object conditionally, so conditional puts are single requests.

A process killed within an upload leaves parts that a bucket keeps, invisibly, and bills: `remove_abandoned` aborts
them.
"""

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_ADD_MD5 = "before-parameter-build.s3.UploadPart"


def put_in_parts(client: "S3Client", bucket: str, name: str, data: bytes, metadata: Mapping[str, str]) -> None:
    """Sends all parts and completes: before that, the object is as it was. Errors are boto3's."""
    # Stores check it on arrival; boto3's own checksums are refused by some (client.py).
    client.meta.events.register(_ADD_MD5, _add_md5, unique_id="coin-models-md5")
    client.upload_fileobj(BytesIO(data), bucket, name, ExtraArgs={"Metadata": dict(metadata)})  # parts of 8 MiB


def content_md5(data: bytes) -> str:
    """The value of Content-MD5."""
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()


def _add_md5(params: dict[str, Any], **_others: object) -> None:
    body = params["Body"]
    params["ContentMD5"] = content_md5(body.read())
    body.seek(0)


def remove_abandoned(client: "S3Client", bucket: str, prefix: str, *, now: datetime, older_than: timedelta) -> int:
    """Aborts uploads under `prefix` begun longer ago than `older_than`; returns how many. Errors are boto3's."""
    aborted = 0
    for page in client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, Prefix=prefix):
        for upload in page.get("Uploads", ()):
            if now - upload["Initiated"] > older_than:
                client.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
                aborted += 1
    return aborted
