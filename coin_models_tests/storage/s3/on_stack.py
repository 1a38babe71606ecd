"""Settings of a store on the stack's S3 server, by any endpoint and secret."""

from pydantic import SecretStr

from coin_models.dev_stack.stack import StackAccess
from coin_models.settings.root import Settings


def s3_settings(access: StackAccess, endpoint_url: str, secret: str | None = None) -> Settings:
    return Settings(
        source="demo",
        store_url=access.store_url,
        store_endpoint_url=endpoint_url,
        store_access_key_id=SecretStr(access.s3_access_key_id),
        store_secret_access_key=SecretStr(secret or access.s3_secret_access_key),
    )
