"""What stores answer, on loopback: each in one sentence, with the store's own code and words and what to do."""

import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, NoCredentialsError, ProxyConnectionError

from coin_models.dev_stack.process import free_ports
from coin_models.errors import StoreError, StoreRefused, StoreUnavailable
from coin_models.settings.root import Settings
from coin_models.storage.factory import build_store
from coin_models.storage.s3.failures import explain
from coin_models_tests.storage.s3.answers import answering, settings_at, variables

XML = "<?xml version='1.0'?><Error><Code>{code}</Code><Message>{words}</Message>{more}</Error>"


def refusal(url: str, *, patience_seconds: float = 0.0, **more: object) -> StoreError:
    """The error of a put to that store."""
    store = build_store(settings_at(url, **more), patience_seconds=patience_seconds)
    with pytest.raises(StoreError) as caught:
        store.put("a", b"1")
    assert "planted" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("status", "code", "words", "pattern"),
    [
        (403, "AccessDenied", "storage cap exceeded", "403 AccessDenied 'storage cap exceeded'; the store's own limit"),
        (403, "QuotaExceeded", "Your quota is used", "the store answered 403 QuotaExceeded 'Your quota is used'"),
        (403, "AccessDenied", "Account suspended", "'Account suspended'; see the account's state at the provider"),
        (403, "AccessDenied", "Access Denied", "403 AccessDenied 'Access Denied'; if these .* grant s3:GetObject"),
        (403, "SignatureDoesNotMatch", "does not match", "check store_access_key_id .*that the secret key is whole"),
        (
            403,
            "RequestTimeTooSkewed",
            "The difference is too large",
            "this machine.s clock is too far from the store.s: set it",
        ),
        (400, "InvalidRegionName", "The region name 'x' is not valid", "in another region: set store_region"),
        (400, "EntityTooLarge", "Too large", "the store answered 400 EntityTooLarge 'Too large'"),
        (404, "NoSuchBucket", "No bucket", "404 NoSuchBucket 'No bucket'; bucket 'coins' does not exist"),
    ],
)
def test_the_stores_own_words_are_told_with_advice_that_fits_them(
    status: int, code: str, words: str, pattern: str
) -> None:
    with answering(status, XML.format(code=code, words=words, more="")) as url:
        error = refusal(url, patience_seconds=60.0)

    assert isinstance(error, StoreRefused)
    assert str(error).startswith("could not put a (1 bytes) into s3://coins: the store answered")
    assert re.search(pattern, str(error))


def test_a_full_store_is_not_told_to_grant_permissions() -> None:
    with answering(403, XML.format(code="AccessDenied", words="storage cap exceeded", more="")) as url:
        assert "grant" not in str(refusal(url))


def test_where_the_bucket_is_is_told_if_the_store_says_so() -> None:
    words = "the region 'us-east-1' is wrong; expecting 'eu-central-1'"
    with answering(400, XML.format(code="AuthorizationHeaderMalformed", words=words, more="")) as url:
        assert "set store_region=eu-central-1" in str(refusal(url))


@pytest.mark.parametrize(
    ("status", "code"), [(503, "SlowDown"), (500, "InternalError"), (429, "TooManyRequests"), (507, "StorageFull")]
)
def test_what_may_pass_is_transient_with_the_stores_words(status: int, code: str) -> None:
    with answering(status, XML.format(code=code, words="later", more="")) as url:
        error = refusal(url)

    assert isinstance(error, StoreUnavailable)
    assert str(error).endswith(f"the store answered {status} {code} 'later'")


def test_a_page_of_a_proxy_is_shortened_to_a_sentence() -> None:
    with answering(200, "<html><body>" + "log in at the hotel " * 500) as url:
        store = build_store(settings_at(url), patience_seconds=0)
        with pytest.raises(StoreError) as caught:
            store.list("")

    assert len(str(caught.value)) < 500


def test_a_port_that_nothing_listens_on_and_a_name_that_dns_does_not_know_are_told_apart() -> None:
    [port] = free_ports(1)
    refused, unknown = refusal(f"http://127.0.0.1:{port}"), refusal("http://store.invalid")

    assert isinstance(refused, StoreUnavailable)
    assert "Connection refused" in str(refused)
    assert isinstance(unknown, StoreUnavailable)
    assert "Failed to resolve 'store.invalid'" in str(unknown)
    assert str(unknown).endswith("check the host in store_endpoint_url, or this machine's DNS")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
def test_a_certificate_that_is_not_trusted_and_a_scheme_that_is_not_spoken_are_refused_at_once(tmp_path: Path) -> None:
    with answering(200, "", tls=_self_signed(tmp_path)) as url:
        untrusted = refusal(url, patience_seconds=60.0)
        plain = refusal(url.replace("https", "http"))
    with answering(200, "") as url:
        spoken = refusal(url.replace("http", "https"), patience_seconds=60.0)

    assert isinstance(untrusted, StoreRefused)
    assert "certificate verify failed" in str(untrusted)
    assert "AWS_CA_BUNDLE" in str(untrusted)
    assert isinstance(spoken, StoreRefused)
    assert "check whether store_endpoint_url begins with the scheme" in str(spoken)
    assert plain.place == "store"


def test_a_store_that_takes_the_connection_and_says_nothing_is_given_up_within_the_patience() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        error = refusal(f"http://127.0.0.1:{silent.getsockname()[1]}", patience_seconds=5.0)

    assert isinstance(error, StoreUnavailable)
    assert "timeout" in str(error).lower()
    assert time.monotonic() - began < 12  # one silence of 5 s, and no second one that would end beyond the patience


def test_without_credentials_a_sentence_says_how_to_give_them() -> None:
    refused = explain(NoCredentialsError(), "list in s3://bucket", bucket="bucket")

    assert isinstance(refused, StoreRefused)
    assert str(refused) == (
        "could not list in s3://bucket: no credentials; set store_access_key_id and store_secret_access_key, "
        "or one of boto3's own ways (environment, shared file, instance role)"
    )


def test_a_line_end_in_a_key_of_awss_own_variables_is_refused_at_once_and_not_shown() -> None:
    with answering(200, "") as url, variables(AWS_ACCESS_KEY_ID="planted\r", AWS_SECRET_ACCESS_KEY="x"):
        store = build_store(
            Settings(source="demo", store_url="s3://coins", store_endpoint_url=url), patience_seconds=60.0
        )
        with pytest.raises(StoreRefused, match="holds a character that HTTP forbids, such as a line end") as caught:
            store.put("a", b"1")
    assert "planted" not in str(caught.value)


def _self_signed(folder: Path) -> ssl.SSLContext:
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        [
            *["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1"],
            "-keyout",
            key,
            "-out",
            certificate,
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def _answer(code: str, status: int, headers: Mapping[str, str] = {}) -> str:
    metadata = {"HTTPStatusCode": status, "HTTPHeaders": dict(headers)}
    error = ClientError({"Error": {"Code": code, "Message": "words"}, "ResponseMetadata": metadata}, "PutObject")
    return str(explain(error, "put m/x", bucket="b"))


@pytest.mark.parametrize("date", ["yesterday", "Thu, 26 Nov 2020 13:00:00 -0000"])
def test_a_date_that_cannot_be_compared_leaves_the_sentence_about_the_clock(date: str) -> None:
    assert "this machine's clock is" in _answer("RequestTimeTooSkewed", 403, {"date": date})


@pytest.mark.parametrize("code", ["ExpiredToken", "ExpiredTokenException"])
def test_expired_credentials_are_renewed_and_not_corrected(code: str) -> None:
    message = _answer(code, 400)

    assert "get new ones, with their AWS_SESSION_TOKEN" in message
    assert "store_secret_access_key" not in message


def test_the_password_of_a_proxy_is_not_shown() -> None:
    error = ProxyConnectionError(proxy_url="http://user:planted@proxy:3128", error="refused")

    message = str(explain(error, "put m/x", bucket="b"))

    assert "planted" not in message
    assert "http://***@proxy:3128" in message
