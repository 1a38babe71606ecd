"""The resource `s3`: dagster-aws's, with the client that the object store uses, where the store is S3."""

from typing import TYPE_CHECKING

from dagster import EnvVar

from coin_models.defs.credentials import ACCESS_KEY_VARIABLE, SECRET_KEY_VARIABLE, export_credentials, has_store_keys
from coin_models.settings.root import Settings

if TYPE_CHECKING:
    from coin_models.storage.s3.client import TunedS3Resource

S3 = "s3"


def s3_resources(settings: Settings) -> dict[str, "TunedS3Resource"]:
    """`s3`, its credentials named by their variables; empty where the store is a folder."""
    if not is_s3(settings):
        return {}
    from coin_models.storage.s3.client import TunedS3Resource

    export_credentials(settings)
    has_keys = has_store_keys(settings)
    resource = TunedS3Resource(
        endpoint_url=settings.store_endpoint_url,
        region_name=settings.store_region,
        aws_access_key_id=EnvVar(ACCESS_KEY_VARIABLE) if has_keys else None,
        aws_secret_access_key=EnvVar(SECRET_KEY_VARIABLE) if has_keys else None,
    )
    return {S3: resource}


def is_s3(settings: Settings) -> bool:
    """Whether the object store is S3."""
    return settings.store_url is not None and settings.store_url.startswith("s3://")
