"""The S3 store against a real server, and against one that answers wrong."""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from coin_models.dev_stack.s3 import BUCKET
from coin_models.dev_stack.stack import StackAccess
from coin_models.errors import ObjectDamaged, ObjectExists, StoreRefused, StoreUnavailable
from coin_models.storage.s3.client import s3_resource
from coin_models.storage.s3.store import S3Store, split_s3_url
from coin_models_tests.storage.s3.on_stack import s3_settings
from coin_models_tests.storage.s3.proxy import Answer, Request, S3Proxy, cut_short, error, flipped

Forward = Callable[[], Answer]


def test_a_server_that_refuses_one_request_in_five_loses_nothing(store: S3Store, proxy: S3Proxy) -> None:
    proxy.behaviour = lambda request, forward: error(503, "SlowDown") if request.number % 5 == 0 else forward()
    wanted = {f"k/{number}": str(number).encode() for number in range(20)}
    for key, data in wanted.items():
        store.put(key, data)

    assert {info.key: store.get(info.key) for info in store.list("k/")} == wanted
    assert store.get_many(list(wanted)) == wanted


def test_a_put_whose_answer_was_lost_is_not_taken_for_somebody_elses(store: S3Store, proxy: S3Proxy) -> None:
    def lose_the_first_answer(request: Request, forward: Forward) -> Answer:
        answer = forward()
        return error(500, "InternalError") if request.number == 1 else answer

    proxy.behaviour = lose_the_first_answer
    store.put("a", b"mine", if_absent=True)

    assert store.get("a") == b"mine"
    assert [request.method for request in proxy.requests[:3]] == ["PUT", "PUT", "HEAD"]


def test_somebody_elses_object_is_not_taken_for_an_own_one_whose_answer_was_lost(
    store: S3Store, proxy: S3Proxy
) -> None:
    store.put("a", b"theirs")
    proxy.behaviour = lambda request, forward: error(500, "InternalError") if request.number == 2 else forward()

    with pytest.raises(ObjectExists):
        store.put("a", b"mine", if_absent=True)
    assert store.get("a") == b"theirs"


@pytest.mark.parametrize("fault", [cut_short, flipped])
def test_bytes_spoilt_on_their_way_are_read_again(
    store: S3Store, proxy: S3Proxy, fault: Callable[[Answer], Answer]
) -> None:
    store.put("a", b"the weights of a model")
    proxy.behaviour = lambda request, forward: fault(forward()) if request.number == 2 else forward()

    assert store.get("a") == b"the weights of a model"
    assert len(proxy.requests) == 3


def test_bytes_that_are_always_spoilt_are_damaged(store: S3Store, proxy: S3Proxy) -> None:
    store.put("a", b"the weights of a model")
    proxy.behaviour = lambda _request, forward: flipped(forward())

    with pytest.raises(ObjectDamaged, match=r"a in s3://coin-models/.* is damaged"):
        store.get("a")


def test_bytes_that_reached_the_store_spoilt_are_sent_again(store: S3Store, proxy: S3Proxy) -> None:
    proxy.behaviour = lambda request, forward: error(400, "BadDigest") if request.number == 1 else forward()
    store.put("a", b"the weights of a model")

    assert store.get("a") == b"the weights of a model"
    assert "content-md5" in proxy.requests[0].headers


def test_a_store_that_stays_away_is_unavailable_after_a_bounded_wait(store: S3Store, proxy: S3Proxy) -> None:
    proxy.behaviour = lambda _request, _forward: error(503, "ServiceUnavailable")

    with pytest.raises(StoreUnavailable, match=r"could not put a \(1 bytes\).*ServiceUnavailable"):
        store.put("a", b"1")
    assert 5 <= len(proxy.requests) <= 60


def test_a_store_without_conditional_puts_is_looked_into_first(store: S3Store, proxy: S3Proxy) -> None:
    def old_store(request: Request, forward: Forward) -> Answer:
        conditional = request.method == "PUT" and request.number in (1, 4)
        return error(501, "NotImplemented") if conditional else forward()

    proxy.behaviour = old_store
    store.put("a", b"first", if_absent=True)

    with pytest.raises(ObjectExists):
        store.put("a", b"second", if_absent=True)
    assert store.get("a") == b"first"


def test_a_wrong_clock_is_named_with_its_distance(store: S3Store, proxy: S3Proxy) -> None:
    date = format_datetime(datetime.now(UTC) - timedelta(minutes=20), usegmt=True)
    proxy.behaviour = lambda _request, _forward: error(403, "RequestTimeTooSkewed", headers=(("Date", date),))

    with pytest.raises(StoreRefused, match="this machine's clock is 20 minutes ahead of the store's: set it"):
        store.get("a")
    assert len(proxy.requests) == 1


@pytest.mark.parametrize(
    ("status", "code", "advice"),
    [
        (403, "AccessDenied", "grant s3:GetObject"),
        (403, "InvalidAccessKeyId", "does not accept the credentials: check store_access_key_id"),
        (400, "ExpiredToken", "no longer valid"),
        (404, "NoSuchBucket", "bucket 'coin-models' does not exist: create it or correct store_url"),
        (400, "IllegalLocationConstraintException", "in another region: set store_region"),
        (400, "AuthorizationHeaderMalformed", "in another region: set store_region"),
    ],
)
def test_what_no_repetition_helps_is_refused_at_once_with_advice(
    store: S3Store, proxy: S3Proxy, status: int, code: str, advice: str
) -> None:
    proxy.behaviour = lambda _request, _forward: error(status, code)

    with pytest.raises(StoreRefused, match=advice):
        store.delete("a")
    assert len(proxy.requests) <= 2  # botocore itself follows up a redirect


def test_the_real_server_refuses_a_wrong_secret_without_telling_it(stack_access: StackAccess) -> None:
    client = s3_resource(s3_settings(stack_access, stack_access.s3_endpoint_url, secret="planted-secret")).get_client()

    with pytest.raises(StoreRefused, match="does not accept the credentials") as caught:
        S3Store(client, BUCKET).list("")
    assert "planted-secret" not in f"{caught.value!r} {caught.value.__cause__!r}"


def test_a_wrong_bucket_is_named(stack_access: StackAccess) -> None:
    client = s3_resource(s3_settings(stack_access, stack_access.s3_endpoint_url)).get_client()

    for call in (lambda s: s.list(""), lambda s: s.get("a"), lambda s: s.put("a", b"")):
        with pytest.raises(StoreRefused, match="bucket 'none-of-ours' does not exist"):
            call(S3Store(client, "none-of-ours"))


def test_a_store_in_a_folder_loads_neither_boto3_nor_dagster(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from coin_models.settings.root import Settings; "
        "from coin_models.storage.factory import build_store; build_store(Settings(home=Path(sys.argv[1]))); "
        "print([name for name in ('boto3', 'dagster', 'dagster_aws') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_bucket_and_prefix_are_split() -> None:
    assert split_s3_url("s3://bucket") == ("bucket", "")
    assert split_s3_url("s3://bucket/one/two/") == ("bucket", "one/two")
    with pytest.raises(StoreRefused, match="names no bucket"):
        split_s3_url("s3:///prefix")
