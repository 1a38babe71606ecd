"""Providers of preemption notices: AWS's and GCP's metadata services, and a file.

preemption.py polls them.
"""

import json
from contextlib import closing
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from coin_models.clock import Clock, SystemClock
from coin_models.settings.operations import InterruptionSettings
from coin_models.training.interruption.preemption import NoticeSource, PreemptionMonitor, PreemptionNotice

_TIMEOUT_SECONDS = 1.0
_GCP_GRACE_SECONDS = 30.0
_AWS_SESSION_SECONDS = "21600"


class NoticeFile:
    """A file whose appearance is notice; its content, if it is a number, is the grace in seconds."""

    name = "notice file"

    def __init__(self, path: Path, grace_seconds: float, clock: Clock) -> None:
        self._path, self._grace_seconds, self._clock = path, grace_seconds, clock

    def look(self) -> PreemptionNotice | None:
        """Notice if the file is there."""
        try:
            content = self._path.read_text(encoding="utf-8", errors="replace").strip()
        except FileNotFoundError:
            return None
        grace = float(content) if content.replace(".", "", 1).isdecimal() else self._grace_seconds
        return PreemptionNotice(source=self.name, at=self._clock.now(), grace_seconds=grace)


class AwsMetadata:
    """EC2's instance metadata, version 2: `spot/instance-action` is 404 until two minutes before the end.

    Source: AWS, "Spot Instance interruption notices" and "Use the Instance Metadata Service".
    """

    name = "AWS instance metadata"

    def __init__(self, base_url: str, clock: Clock) -> None:
        self._base_url, self._clock = base_url, clock
        self._token: str | None = None

    def look(self) -> PreemptionNotice | None:
        """Notice if the instance is to be stopped, hibernated or terminated; a token that ran out is renewed."""
        if self._token is None:
            self._token = self._new_token()
        status, body = _request(
            self._base_url, "GET", "/latest/meta-data/spot/instance-action", {"X-aws-ec2-metadata-token": self._token}
        )
        if status == 401:
            self._token = None
        if status != 200:
            return None
        return self._notice(body)

    def _new_token(self) -> str:
        headers = {"X-aws-ec2-metadata-token-ttl-seconds": _AWS_SESSION_SECONDS}
        status, body = _request(self._base_url, "PUT", "/latest/api/token", headers)
        if status != 200:
            raise OSError(f"{self._base_url} gives no session token: status {status}")
        return body

    def _notice(self, body: str) -> PreemptionNotice:
        now = self._clock.now()
        try:
            answer = json.loads(body)
            action, end = str(answer["action"]), datetime.fromisoformat(answer["time"]).astimezone(UTC)
        except (ValueError, TypeError, KeyError) as error:
            raise OSError(
                f"{self._base_url} answered with something other than an instance action: {error!r}"
            ) from error
        grace = max(0.0, (end - now).total_seconds())
        return PreemptionNotice(source=f"{self.name} ({action})", at=now, grace_seconds=grace)


class GcpMetadata:
    """GCP's metadata server: `instance/preempted` turns TRUE 30 seconds before the end.

    Source: Google Cloud, "Preemptible VM instances", "Spot VMs".
    """

    name = "GCP instance metadata"

    def __init__(self, base_url: str, clock: Clock) -> None:
        self._base_url, self._clock = base_url, clock

    def look(self) -> PreemptionNotice | None:
        """Notice if the instance is being preempted."""
        status, body = _request(
            self._base_url, "GET", "/computeMetadata/v1/instance/preempted", {"Metadata-Flavor": "Google"}
        )
        if status != 200 or body.strip().upper() != "TRUE":
            return None
        return PreemptionNotice(source=self.name, at=self._clock.now(), grace_seconds=_GCP_GRACE_SECONDS)


def build_preemption_monitor(settings: InterruptionSettings, clock: Clock | None = None) -> PreemptionMonitor:
    """The board with the sources that the settings name; signals are listened to always."""
    clock = clock or SystemClock()
    sources: list[NoticeSource] = []
    if settings.notice_file is not None:
        sources.append(NoticeFile(settings.notice_file, settings.grace_seconds, clock))
    if settings.aws_metadata_url is not None:
        sources.append(AwsMetadata(settings.aws_metadata_url, clock))
    if settings.gcp_metadata_url is not None:
        sources.append(GcpMetadata(settings.gcp_metadata_url, clock))
    return PreemptionMonitor(settings, sources, clock)


def _request(base_url: str, method: str, path: str, headers: dict[str, str]) -> tuple[int, str]:
    """Status and body; OSError whatever kept the service from answering."""
    address = urlsplit(base_url)
    if address.hostname is None:
        raise OSError(f"{base_url!r} is not an address; use http://host:port")
    connection = HTTPConnection(address.hostname, address.port or 80, timeout=_TIMEOUT_SECONDS)
    try:
        with closing(connection):
            connection.request(method, address.path.rstrip("/") + path, headers=headers)
            response = connection.getresponse()
            return response.status, response.read(65536).decode("utf-8", errors="replace")
    except HTTPException as error:
        raise OSError(f"{base_url} did not answer in HTTP: {error!r}") from error
