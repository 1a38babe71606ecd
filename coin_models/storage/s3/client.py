"""The S3 client: dagster-aws's `S3Resource`, tuned for `S3Store`; the only module that makes a client.

Importing it loads dagster_aws and with it dagster (docs/adr/0097): `factory.py` does so for S3 only. Dagster's resource
is in `defs/s3.py`.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError
from botocore.loaders import Loader
from botocore.session import Session
from dagster_aws.s3 import S3Resource
from pydantic import Field

from coin_models.errors import StoreRefused
from coin_models.settings.root import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_MAX_CONNECTIONS = 64  # four coins fetched at once put eight days each, beside sixteen readers
_CONNECT_SECONDS = 5
_ANSWER_SECONDS = 30  # no store is silent for so long and answers after all
_NO_FILES = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}
"""For botocore's session: no profile and no file, also where AWS_PROFILE or AWS_CONFIG_FILE of another project names one."""


class TunedS3Resource(S3Resource):
    """`S3Resource` with the client of this product; credentials stay out of its `repr`.

    With both keys nothing else of AWS's counts: no profile, no file of another project, no AWS_ENDPOINT_URL. Without them
    boto3's own chain applies: environment, shared file, instance role.
    """

    max_attempts: int = Field(default=1, description="Attempts of a request; S3Store tries again by itself.")
    aws_access_key_id: str | None = Field(default=None, repr=False, description="Access key. Secret: give an EnvVar.")
    aws_secret_access_key: str | None = Field(
        default=None, repr=False, description="Secret key. Secret: give an EnvVar."
    )
    aws_session_token: str | None = Field(default=None, repr=False, description="Session token. Secret.")
    answer_seconds: float = Field(default=_ANSWER_SECONDS, description="Longest silence of the store within a request.")

    def get_client(self) -> "S3Client":
        """A new client; it asks nothing of the store yet.

        Raises:
            StoreRefused: the endpoint is no URL, the region is none, or AWS's own files or variables cannot be used.
        """
        try:
            return self._session().client(
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
        except BotoCoreError as error:
            raise StoreRefused(f"could not set up S3: {_one_line(error)}; {self._advice()}") from error
        except ValueError as error:
            raise StoreRefused(f"store_endpoint_url {self.endpoint_url!r} is not a URL: {error}") from error

    @contextmanager
    def as_default(self) -> Iterator[None]:
        """Within it, `boto3.resource(...)` of other code (dagster-aws's log manager) opens the same session."""
        before = boto3.DEFAULT_SESSION
        boto3.DEFAULT_SESSION = self._session()
        try:
            yield
        finally:
            boto3.DEFAULT_SESSION = before

    @property
    def _has_keys(self) -> bool:
        return bool(self.aws_access_key_id and self.aws_secret_access_key)

    def _session(self) -> boto3.session.Session:
        """A session of its own, so that credentials are read again; but S3's description is read once (0.3 s)."""
        session = Session(session_vars=_NO_FILES if self._has_keys else None, profile=self.profile_name)
        session.register_component("data_loader", _loader())
        return boto3.session.Session(botocore_session=session)

    def _advice(self) -> str:
        if self._has_keys:
            return "correct store_region, store_endpoint_url or the variable AWS_*"
        return (
            "correct AWS_PROFILE, AWS_CONFIG_FILE or what they name, "
            "or set store_access_key_id and store_secret_access_key, with which they do not count"
        )

    def _config(self) -> Config:
        return Config(
            signature_version=UNSIGNED if self.use_unsigned_session else "s3v4",
            retries={"total_max_attempts": self.max_attempts, "mode": "standard"},
            max_pool_connections=_MAX_CONNECTIONS,
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=self.answer_seconds,
            ignore_configured_endpoint_urls=self._has_keys or None,  # type: ignore[call-arg]  # its stubs lag behind
            tcp_keepalive=True,
            # boto3's own CRC trailers are refused by some stores; S3Store sends Content-MD5 and its own SHA-256.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={"addressing_style": "path" if self.endpoint_url else "auto"},
        )


def s3_resource(settings: Settings, *, patience_seconds: float = _ANSWER_SECONDS) -> TunedS3Resource:
    """The resource of the settings, credentials included: for this process, never for Dagster's definitions."""
    key, secret = settings.store_access_key_id, settings.store_secret_access_key
    return TunedS3Resource(
        endpoint_url=settings.store_endpoint_url,
        region_name=settings.store_region,
        aws_access_key_id=key.get_secret_value() if key else None,
        aws_secret_access_key=secret.get_secret_value() if secret else None,
        answer_seconds=min(_ANSWER_SECONDS, max(_CONNECT_SECONDS, patience_seconds)),
    )


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


@cache
def _loader() -> Loader:
    return Loader()
