"""The resource `s3`: one tuned client for the store and for Dagster, and credentials that nothing shows."""

from pathlib import Path
from typing import Any

import pytest
from dagster import Definitions, asset, materialize
from dagster_aws.s3 import S3Resource
from pydantic import SecretStr

from coin_models.defs.build import build_definitions
from coin_models.defs.credentials import SECRET_KEY_VARIABLE
from coin_models.defs.instance.home import instance_config
from coin_models.defs.s3 import S3, s3_resources
from coin_models.settings.root import Settings
from coin_models.storage.s3.client import TunedS3Resource, s3_resource

KEY, SECRET = "planted-key-id", "planted-secret-key"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        home=tmp_path,
        source="demo",
        universe=("BTC",),
        store_url="s3://coins/models",
        store_endpoint_url="http://127.0.0.1:9",
        store_region="eu-1",
        store_access_key_id=SecretStr(KEY),
        store_secret_access_key=SecretStr(SECRET),
    )


def _snapshot(definitions: Definitions) -> str:
    """All that the code server tells the web server of the definitions, the UI's page of resources included."""
    from dagster._core.remote_representation.external_data import RepositorySnap
    from dagster._serdes import serialize_value

    return str(serialize_value(RepositorySnap.from_def(definitions.get_repository_def())))


def test_the_client_keeps_the_tunings_that_the_store_needs(settings: Settings) -> None:
    resource = s3_resource(settings)
    config: Any = resource.get_client().meta.config

    assert isinstance(resource, S3Resource)
    assert (config.connect_timeout, config.read_timeout, config.max_pool_connections) == (5, 30, 64)
    assert config.retries["total_max_attempts"] == 1
    assert (config.request_checksum_calculation, config.response_checksum_validation) == ("when_required",) * 2
    assert config.s3 == {"addressing_style": "path"}
    assert config.region_name == "eu-1"


def test_the_definitions_have_a_resource_s3_where_the_store_is_s3(settings: Settings, tmp_path: Path) -> None:
    in_a_bucket = build_definitions(settings)
    in_a_folder = build_definitions(Settings(home=tmp_path, source="demo", universe=("BTC",)))

    assert isinstance((in_a_bucket.resources or {})[S3], S3Resource)
    assert S3 not in (in_a_folder.resources or {})


@pytest.mark.filterwarnings("ignore:Property `ScheduleDefinition.environment_vars`:DeprecationWarning")
def test_no_credential_is_in_a_repr_in_the_definitions_or_in_dagster_yaml(settings: Settings, tmp_path: Path) -> None:
    shown = [
        repr(s3_resource(settings)),
        str(s3_resource(settings)),
        repr(s3_resources(settings)),
        _snapshot(build_definitions(settings)),
        str(instance_config(settings, tmp_path)),
    ]

    assert [text for text in shown if KEY in text or SECRET in text] == []
    assert all(SECRET_KEY_VARIABLE in text for text in shown[3:])  # it is named there, so that Dagster finds it


def test_an_asset_of_another_project_gets_the_same_client_with_its_credentials(settings: Settings) -> None:
    seen: list[Any] = []

    @asset
    def listing(s3: S3Resource) -> None:
        seen.append((type(s3), s3.get_client()))

    materialize([listing], resources=s3_resources(settings))
    kind, client = seen[0]

    assert kind is TunedS3Resource
    assert client.meta.endpoint_url == "http://127.0.0.1:9"
    assert client.meta.config.read_timeout == 30
    presigned = client.generate_presigned_url("get_object", Params={"Bucket": "coins", "Key": "a"})
    assert f"X-Amz-Credential={KEY}" in presigned
