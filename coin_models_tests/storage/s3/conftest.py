"""A real S3 server behind a proxy that tests tell what to spoil."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from coin_models.dev_stack.s3 import BUCKET
from coin_models.dev_stack.stack import StackAccess
from coin_models.retrying import Backoff
from coin_models.storage.s3.client import s3_resource
from coin_models.storage.s3.store import S3Store
from coin_models_tests.storage.s3.on_stack import s3_settings
from coin_models_tests.storage.s3.proxy import S3Proxy


@pytest.fixture
def proxy(stack_access: StackAccess) -> Iterator[S3Proxy]:
    with S3Proxy(stack_access.s3_endpoint_url).running() as running:
        yield running


@pytest.fixture
def store(stack_access: StackAccess, proxy: S3Proxy, request: pytest.FixtureRequest) -> S3Store:
    """An empty store behind the proxy; it does not really wait between its tries."""
    prefix = f"test/{abs(hash(request.node.nodeid)):x}{datetime.now(UTC):%H%M%S%f}"
    client = s3_resource(s3_settings(stack_access, proxy.url)).get_client()
    return S3Store(client, BUCKET, prefix, patience=Backoff(5, service="the store", sleep=lambda _seconds: None))
