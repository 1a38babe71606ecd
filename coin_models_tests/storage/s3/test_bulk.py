"""Bulk reads: what arrives spoilt, absent or refused is left to the ordinary get."""

from collections.abc import Callable

import pytest

from coin_models.dev_stack.s3 import BUCKET
from coin_models.dev_stack.stack import StackAccess
from coin_models.storage.s3.bulk import BulkReader
from coin_models.storage.s3.client import s3_resource
from coin_models.storage.s3.store import S3Store
from coin_models_tests.storage.s3.on_stack import s3_settings
from coin_models_tests.storage.s3.proxy import Answer, S3Proxy, cut_short, error, flipped


@pytest.mark.parametrize("fault", [cut_short, flipped])
def test_a_bulk_read_notices_bytes_spoilt_on_their_way(
    store: S3Store, proxy: S3Proxy, fault: Callable[[Answer], Answer]
) -> None:
    store.put("a", b"candles of a day")
    proxy.behaviour = lambda request, forward: fault(forward()) if request.number == 2 else forward()

    assert store.get_many(["a", "absent"]) == {"a": b"candles of a day"}


def test_it_reads_what_is_there_and_has_nothing_of_what_is_spoilt_absent_or_refused(
    stack_access: StackAccess, store: S3Store, proxy: S3Proxy
) -> None:
    store.put("a", b"candles of a day")
    name = f"{store.url.removeprefix(f's3://{BUCKET}/')}/a"
    client = s3_resource(s3_settings(stack_access, proxy.url)).get_client()
    reader = BulkReader(client, BUCKET, num_connections=1)

    read = [reader.read(name), reader.read(f"{name}bsent")]
    proxy.behaviour = lambda _request, forward: flipped(forward())
    read.append(reader.read(name))
    proxy.behaviour = lambda _request, _forward: error(503, "SlowDown")
    read.append(reader.read(name))

    assert read == [b"candles of a day", None, None, None]
    assert len(proxy.requests) == 1 + 4  # each was tried once
