"""An endpoint names a host; with the bucket in it, as providers show it, it is refused with what to write."""

from pathlib import Path

import pytest

from coin_models.settings.endpoint import endpoint_problems, s3_problems
from coin_models_tests.settings.environments import refusal


@pytest.mark.parametrize(
    "url",
    [
        "https://abc.r2.cloudflarestorage.com",
        "https://abc.r2.cloudflarestorage.com/",
        "http://127.0.0.1:9000",
        "http://[::1]:9000",
        "https://x.supabase.co/storage/v1/s3",
        "http://coins:9000",
    ],
)
def test_a_host_with_or_without_a_path_is_accepted(url: str) -> None:
    assert list(endpoint_problems(url, bucket="coins")) == []


@pytest.mark.parametrize(
    ("url", "instead"),
    [
        ("https://abc.r2.cloudflarestorage.com/coins", "https://abc.r2.cloudflarestorage.com"),
        ("https://abc.r2.cloudflarestorage.com/coins/", "https://abc.r2.cloudflarestorage.com"),
        ("https://x.supabase.co/storage/v1/s3/coins", "https://x.supabase.co/storage/v1/s3"),
        ("https://coins.fra1.digitaloceanspaces.com", "https://fra1.digitaloceanspaces.com"),
        ("https://coins.s3.eu-central-1.amazonaws.com:443", "https://s3.eu-central-1.amazonaws.com:443"),
    ],
)
def test_an_endpoint_with_the_bucket_in_it_is_refused_with_the_one_to_give(url: str, instead: str) -> None:
    [message] = endpoint_problems(url, bucket="coins")

    assert message.endswith(f": give {instead}")


@pytest.mark.parametrize(
    "url", ["nowhere", "abc.r2.cloudflarestorage.com", "ftp://host", "https://", "http://host:port", "https://a b"]
)
def test_what_is_no_url_of_a_host_is_refused(url: str) -> None:
    [message] = endpoint_problems(url, bucket="coins")

    assert "is not the URL of a host" in message


def test_a_key_with_a_line_end_in_it_is_refused_without_showing_it(tmp_path: Path) -> None:
    message = refusal(
        tmp_path,
        {
            "COIN_MODELS_SOURCE": "demo",
            "COIN_MODELS_STORE_URL": "s3://coins",
            "COIN_MODELS_STORE_ENDPOINT_URL": "https://host/coins",
            "COIN_MODELS_STORE_ACCESS_KEY_ID": "planted id",
            "COIN_MODELS_STORE_SECRET_ACCESS_KEY": "planted\rsecret",
        },
    )

    assert "store_endpoint_url ends with the bucket 'coins', which store_url names: give https://host" in message
    assert "store_access_key_id: it holds a character that no key has" in message
    assert "store_secret_access_key: it holds a line end" in message
    assert "planted" not in message


@pytest.mark.parametrize("url", ["s3://b", "s3://b/", "s3://my-bucket.x/a/b c", "s3://Old_Bucket/100%"])
def test_a_bucket_with_or_without_a_prefix_is_accepted(url: str) -> None:
    assert list(s3_problems(url)) == []


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("s3:/b/p", "give s3://b/p"),
        ("s3:b", "give s3://b"),
        ("S3://b", "give s3://b"),
        ("s3:///b", "give s3://b"),
        ("s3://", "names no bucket"),
        ("s3://b?region=x", "more than a bucket and a prefix"),
        ("s3://b/p#x", "more than a bucket and a prefix"),
        ("s3://'b'/p", "more than a bucket and a prefix"),
    ],
)
def test_any_other_url_of_a_bucket_is_refused_and_makes_no_folder(tmp_path: Path, url: str, message: str) -> None:
    assert message in refusal(tmp_path, {"COIN_MODELS_STORE_URL": url, "COIN_MODELS_SOURCE": "demo"})
