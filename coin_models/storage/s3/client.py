"""The S3 client: dagster-aws's `S3Resource`, tuned for `S3Store`; the one place where the product makes a client.

Belongs here: endpoint, region, credentials, time-outs. Not here: what is done with it (`s3.py`), how Dagster is told of
it (`defs/s3.py`). Importing this loads dagster_aws and with it dagster (docs/adr/0097): `factory.py` does so for S3 alone.
"""

from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.loaders import Loader
from botocore.session import Session
from dagster_aws.s3 import S3Resource
from pydantic import Field

from coin_models.errors import StoreRefused
from coin_models.settings.root import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_MAX_CONNECTIONS = 64  # four coins fetched at once put eight days each, beside sixteen readers


class TunedS3Resource(S3Resource):
    """`S3Resource` with the client of this product; credentials stay out of its `repr`.

    Without credentials boto3's own chain applies: environment, shared file, instance role.
    """

    max_attempts: int = Field(default=1, description="Attempts of a request; S3Store tries again by itself.")
    aws_access_key_id: str | None = Field(default=None, repr=False, description="Access key. Secret: give an EnvVar.")
    aws_secret_access_key: str | None = Field(
        default=None, repr=False, description="Secret key. Secret: give an EnvVar."
    )
    aws_session_token: str | None = Field(default=None, repr=False, description="Session token. Secret.")

    def get_client(self) -> "S3Client":
        """A new client; it asks nothing of the store yet.

        Raises:
            StoreRefused: the endpoint is no URL.
        """
        try:
            return _session(self.profile_name).client(
                "s3",
                endpoint_url=self.endpoint_url,
                region_name=self.region_name or ("us-east-1" if self.endpoint_url else None),
                use_ssl=self.use_ssl,
                verify=self.verify,
                aws_access_key_id=self.aws_access_key_id,
                aws_secret_access_key=self.aws_secret_access_key,
                aws_session_token=self.aws_session_token,
                config=self._config(),
            )
        except ValueError as error:
            raise StoreRefused(f"store_endpoint_url {self.endpoint_url!r} is no URL: {error}") from error

    def _config(self) -> Config:
        return Config(
            signature_version=UNSIGNED if self.use_unsigned_session else "s3v4",
            retries={"total_max_attempts": self.max_attempts},
            max_pool_connections=_MAX_CONNECTIONS,
            connect_timeout=5,
            read_timeout=30,
            tcp_keepalive=True,
            # boto3's own CRC trailers are refused by some stores; S3Store sends Content-MD5 and its own SHA-256.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={"addressing_style": "path" if self.endpoint_url else "auto"},
        )


def s3_resource(settings: Settings) -> TunedS3Resource:
    """The resource of the settings, credentials included: for this process, never for Dagster's definitions."""
    key, secret = settings.store_access_key_id, settings.store_secret_access_key
    return TunedS3Resource(
        endpoint_url=settings.store_endpoint_url,
        region_name=settings.store_region,
        aws_access_key_id=key.get_secret_value() if key else None,
        aws_secret_access_key=secret.get_secret_value() if secret else None,
    )


def _session(profile_name: str | None) -> boto3.session.Session:
    """A session of its own, so that credentials are looked up anew; but S3's description is read once (0.3 s)."""
    session = Session(profile=profile_name)
    session.register_component("data_loader", _loader())
    return boto3.session.Session(botocore_session=session)


@cache
def _loader() -> Loader:
    return Loader()
