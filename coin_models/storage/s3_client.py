"""The boto3 client that the settings ask for.

Belongs here: endpoint, region, credentials, time-outs. Not here: what is done with it (`s3.py`), which would do the
same with a client of dagster-aws's `S3Resource`.
"""

from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.loaders import Loader
from botocore.session import Session

from coin_models.errors import StoreRefused
from coin_models.settings.root import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_MAX_CONNECTIONS = 64  # four coins fetched at once put eight days each, beside sixteen readers


def build_s3_client(settings: Settings) -> "S3Client":
    """A client for the store of the settings; it asks nothing of the store yet.

    Without credentials in the settings boto3's own chain applies: environment, shared file, instance role.

    Raises:
        StoreRefused: the endpoint is no URL.
    """
    key, secret = settings.store_access_key_id, settings.store_secret_access_key
    try:
        return _session().client(
            "s3",
            endpoint_url=settings.store_endpoint_url,
            region_name=settings.store_region or ("us-east-1" if settings.store_endpoint_url else None),
            aws_access_key_id=key.get_secret_value() if key else None,
            aws_secret_access_key=secret.get_secret_value() if secret else None,
            config=Config(
                signature_version="s3v4",
                retries={"total_max_attempts": 1},  # S3Store tries again by itself
                max_pool_connections=_MAX_CONNECTIONS,
                connect_timeout=5,
                read_timeout=30,
                tcp_keepalive=True,
                # boto3's own CRC trailers are refused by some stores; S3Store sends Content-MD5 and its own SHA-256.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                s3={"addressing_style": "path" if settings.store_endpoint_url else "auto"},
            ),
        )
    except ValueError as error:
        raise StoreRefused(f"store_endpoint_url {settings.store_endpoint_url!r} is no URL: {error}") from error


def _session() -> boto3.session.Session:
    """A session of its own, so that credentials are looked up anew; but S3's description is read once (0.3 s)."""
    session = Session()
    session.register_component("data_loader", _loader())
    return boto3.session.Session(botocore_session=session)


@cache
def _loader() -> Loader:
    return Loader()
