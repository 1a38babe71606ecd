"""The client of S3: whose keys, files and variables count, and how patient it is."""

from collections.abc import Callable
from pathlib import Path

import pytest

from coin_models.defs.compute_logs import StoreComputeLogManager
from coin_models.errors import StoreRefused
from coin_models.settings.root import Settings
from coin_models.storage.factory import build_store
from coin_models.storage.s3.client import s3_resource
from coin_models_tests.storage.s3.answers import answering, settings_at, variables


def _broken(folder: Path) -> dict[str, str]:
    (folder / "config").write_text("nonsense [[")
    return {"AWS_CONFIG_FILE": str(folder / "config"), "AWS_SHARED_CREDENTIALS_FILE": str(folder / "config")}


_OTHER_PROJECTS: dict[str, Callable[[Path], dict[str, str]]] = {
    "a profile that is not there": lambda _folder: {"AWS_PROFILE": "nope"},
    "a file that is no configuration": _broken,
    "an endpoint": lambda _folder: {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
    },
}


@pytest.mark.parametrize("name", _OTHER_PROJECTS)
def test_with_both_keys_what_other_projects_set_up_does_not_count(name: str, tmp_path: Path) -> None:
    with answering(200, "") as url, variables(**_OTHER_PROJECTS[name](tmp_path)):
        build_store(settings_at(url)).put("a", b"1")
        logs = StoreComputeLogManager("s3://coins/x", str(tmp_path), s3_resource(settings_at(url)))
        client = s3_resource(settings_at(url).model_copy(update={"store_endpoint_url": None})).get_client()

    assert logs is not None
    assert "amazonaws.com" in client.meta.endpoint_url


@pytest.mark.parametrize("name", list(_OTHER_PROJECTS)[:2])
def test_without_keys_a_sentence_says_what_of_awss_own_is_wrong(name: str, tmp_path: Path) -> None:
    settings = Settings(source="demo", store_url="s3://coins")
    with variables(**_OTHER_PROJECTS[name](tmp_path)), pytest.raises(StoreRefused) as caught:
        build_store(settings)

    assert "correct AWS_PROFILE, AWS_CONFIG_FILE or what they name" in str(caught.value)


def test_a_region_that_is_none_is_refused() -> None:
    settings = settings_at("http://127.0.0.1:9", store_region="eu central 1")
    with pytest.raises(StoreRefused, match=r"could not set up S3: .*region_name 'eu central 1'.*correct store_region"):
        build_store(settings)


@pytest.mark.parametrize(("patience_seconds", "expected"), [(1.0, 5), (12.0, 12), (600.0, 30)])
def test_a_silence_is_borne_no_longer_than_the_patience_within_bounds(patience_seconds: float, expected: float) -> None:
    client = s3_resource(settings_at("http://127.0.0.1:9"), patience_seconds=patience_seconds).get_client()

    assert client.meta.config.read_timeout == expected  # type: ignore[attr-defined]


def test_keys_are_in_no_repr() -> None:
    assert "planted" not in repr(s3_resource(settings_at("http://127.0.0.1:9")))
