"""The local stack's S3 server: one bucket, for those who have its credentials."""

from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.exceptions import ClientError

from coin_models.dev_stack.s3 import BUCKET, S3Server
from coin_models.dev_stack.stack import StackAccess

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def client(access: StackAccess, *, secret: str | None = None) -> "S3Client":
    return boto3.session.Session().client(
        "s3",
        endpoint_url=access.s3_endpoint_url,
        region_name="us-east-1",
        aws_access_key_id=access.s3_access_key_id,
        aws_secret_access_key=secret or access.s3_secret_access_key,
    )


def test_it_has_one_bucket_and_no_trace_of_the_look_whether_it_is_ready(stack_access: StackAccess) -> None:
    s3 = client(stack_access)

    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == [BUCKET]
    assert s3.list_objects_v2(Bucket=BUCKET, Prefix=".ready").get("Contents", []) == []


def test_a_wrong_secret_is_refused(stack_access: StackAccess) -> None:
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        client(stack_access, secret="x" * 40).list_buckets()


def test_a_bucket_that_is_not_there_is_an_error_and_is_not_made(stack_access: StackAccess) -> None:
    s3 = client(stack_access)

    with pytest.raises(ClientError):
        s3.put_object(Bucket="another", Key="x", Body=b"")

    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == [BUCKET]


def test_a_server_that_runs_is_not_started_again(stack_access: StackAccess, stack_folder: Path) -> None:
    server = S3Server(stack_folder)
    before, configured = server.process.pid, (stack_folder / "s3.json").read_text()

    server.up(ports=range(8), access_key_id="other", secret_access_key="other")

    assert before is not None
    assert server.process.pid == before
    assert (stack_folder / "s3.json").read_text() == configured
