"""Dagster's compute logs, kept in the store's bucket, so that they remain after the pod has gone.

docs/adr/0098 says why this subclasses dagster-aws's `S3ComputeLogManager`.
"""

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from dagster import Field, StringSource
from dagster_aws.s3 import S3ComputeLogManager

from coin_models.defs.s3 import is_s3
from coin_models.settings.load import load_settings
from coin_models.storage.s3.client import TunedS3Resource, s3_resource
from coin_models.storage.s3.store import split_s3_url

logger = logging.getLogger(__name__)

PREFIX = "compute_logs"  # within the store's own
UPLOAD_SECONDS = 15  # a machine that vanishes takes with it what was printed since
_RESOURCE = ("endpoint_url", "region_name", "aws_access_key_id", "aws_secret_access_key")


class StoreComputeLogManager(S3ComputeLogManager):
    """Uploads what a run prints, every few seconds and at its end."""

    def __init__(self, url: str, local_dir: str, resource: TunedS3Resource, inst_data: Any = None) -> None:
        """Asks nothing of the store yet.

        Args:
            url: the store's, s3://bucket/prefix.
            local_dir: where the logs are until they are uploaded.
            resource: gives the client.
            inst_data: how Dagster makes another one.
        """
        bucket, prefix = split_s3_url(url)
        with resource.as_default():  # the parent's own client reads AWS_PROFILE, which may be another project's
            super().__init__(
                bucket,
                local_dir,
                inst_data,
                f"{prefix}/{PREFIX}",
                endpoint_url=resource.endpoint_url,
                skip_empty_files=True,
                upload_interval=UPLOAD_SECONDS,
                region=resource.region_name,
            )
        # The parent's own client takes no credentials but AWS_*, and sends checksums that some stores refuse.
        self._s3_session = resource.get_client()

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """What dagster.yaml may say; without `url` the settings of the process do."""
        return {name: Field(StringSource, is_required=False) for name in ("url", "local_dir", *_RESOURCE)}

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Mapping[str, Any]) -> Any:
        """Builds it from dagster.yaml; where the store is a folder, what it builds keeps the logs in `local_dir`.

        Raises:
            SettingsError: there is no `url`, and the settings are wrong.
        """
        local_dir = config_value.get("local_dir") or str(Path(os.environ["DAGSTER_HOME"]) / "storage")
        if "url" in config_value:
            given = {name: config_value[name] for name in _RESOURCE if name in config_value}
            return cls(config_value["url"], local_dir, TunedS3Resource(**given), inst_data)
        settings = load_settings()
        if is_s3(settings):
            return cls(str(settings.store_url), local_dir, s3_resource(settings), inst_data)
        return cls("s3://unused", local_dir, TunedS3Resource(), inst_data).local_manager

    @contextmanager
    def capture_logs(self, log_key: Sequence[str]) -> Iterator[Any]:
        """As the parent does, and uploads what there is also when a signal ends the run."""
        try:
            with super().capture_logs(log_key) as context:
                yield context
        except BaseException:
            self.on_progress(log_key)
            raise

    def on_progress(self, log_key: Sequence[str]) -> None:
        """Uploads what was printed so far; a store that is unavailable for a moment is tried again at the next turn."""
        try:
            super().on_progress(log_key)  # type: ignore[no-untyped-call]
        except (BotoCoreError, ClientError, OSError) as error:
            logger.debug("logs of %s are not uploaded yet: %s", "/".join(log_key), error)
