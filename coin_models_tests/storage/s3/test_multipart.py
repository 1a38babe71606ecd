"""Large objects: in parts, each with its digest, whole or not at all; what killed uploads left."""

from datetime import UTC, datetime, timedelta

import pytest

from coin_models.dev_stack.s3 import BUCKET
from coin_models.dev_stack.stack import StackAccess
from coin_models.errors import ObjectExists, StoreRefused
from coin_models.storage.s3.client import s3_resource
from coin_models.storage.s3.multipart import remove_abandoned
from coin_models.storage.s3.store import S3Store
from coin_models_tests.storage.s3.on_stack import s3_settings
from coin_models_tests.storage.s3.proxy import S3Proxy, error

MIB = 1024 * 1024


def test_a_large_object_travels_in_parts_and_comes_back_whole(store: S3Store, proxy: S3Proxy) -> None:
    data = bytes(range(256)) * (17 * MIB // 256)
    store.put("large", data)

    assert store.get("large") == data
    assert sum("partNumber" in request.path for request in proxy.requests) == 3  # 8 + 8 + 1 MiB


def test_a_large_object_is_put_conditionally_too(store: S3Store) -> None:
    store.put("large", b"small, but first")

    with pytest.raises(ObjectExists):
        store.put("large", bytes(17 * MIB), if_absent=True)
    assert store.get("large") == b"small, but first"


def test_every_part_of_a_large_object_carries_its_digest(store: S3Store, proxy: S3Proxy) -> None:
    store.put("large", bytes(17 * MIB))

    parts = [request for request in proxy.requests if "partNumber" in request.path]
    assert len(parts) == 3
    assert all("content-md5" in part.headers for part in parts)


def test_a_part_that_fails_leaves_the_object_as_it_was_and_no_parts_behind(
    stack_access: StackAccess, store: S3Store, proxy: S3Proxy
) -> None:
    store.put("large", b"old")
    proxy.behaviour = lambda request, forward: (
        error(403, "AccessDenied") if "partNumber=2" in request.path else forward()
    )

    with pytest.raises(StoreRefused, match="AccessDenied"):
        store.put("large", bytes(17 * MIB))
    assert store.get("large") == b"old"
    assert _uploads(stack_access, store) == []


def test_uploads_that_killed_processes_left_are_aborted_once_they_are_old(
    stack_access: StackAccess, store: S3Store
) -> None:
    client = s3_resource(s3_settings(stack_access, stack_access.s3_endpoint_url)).get_client()
    prefix = store.url.removeprefix(f"s3://{BUCKET}/")
    client.create_multipart_upload(Bucket=BUCKET, Key=f"{prefix}/left")
    begun, day = datetime.now(UTC), timedelta(days=1)

    assert remove_abandoned(client, BUCKET, prefix, now=begun + timedelta(hours=23), older_than=day) == 0
    assert remove_abandoned(client, BUCKET, prefix, now=begun + timedelta(hours=25), older_than=day) == 1
    assert _uploads(stack_access, store) == []


def _uploads(access: StackAccess, store: S3Store) -> list[str]:
    client = s3_resource(s3_settings(access, access.s3_endpoint_url)).get_client()
    prefix = store.url.removeprefix(f"s3://{BUCKET}/")
    return [upload["Key"] for upload in client.list_multipart_uploads(Bucket=BUCKET, Prefix=prefix).get("Uploads", [])]
