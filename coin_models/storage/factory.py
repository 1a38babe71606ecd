"""Creates the object store that the settings name.

S3's is imported only when it is chosen (docs/adr/0097 has the cost).
"""

from pathlib import Path

from coin_models.errors import UsageError
from coin_models.settings.endpoint import is_meant_for_s3, s3_problems
from coin_models.settings.places import expanded
from coin_models.settings.root import Settings
from coin_models.storage.local import LocalStore
from coin_models.storage.object_store import ObjectStore


def build_store(settings: Settings, *, patience_seconds: float | None = None) -> ObjectStore:
    """The store of `store_url`: S3, a folder, or `<home>/store` when unset. Nothing is created before the first put.

    Args:
        settings: which store.
        patience_seconds: how long to wait for an unavailable S3; default: `operations.store_wait_seconds`.

    Raises:
        StoreRefused: the folder or the URL cannot be used. S3 is not asked anything before its first use.
    """
    url = settings.store_url
    if url is None:
        return LocalStore(settings.home / "store")
    if url.startswith("s3://"):
        from coin_models.storage.s3.client import s3_resource
        from coin_models.storage.s3.store import S3Store, s3_patience, split_s3_url

        seconds = settings.operations.store_wait_seconds if patience_seconds is None else patience_seconds
        client = s3_resource(settings, patience_seconds=seconds).get_client()
        return S3Store(client, *split_s3_url(url), patience=s3_patience(seconds))
    return LocalStore(Path(url))


def store_at(settings: Settings, url: str) -> ObjectStore:
    """Another store than the settings': s3://bucket/prefix, with the settings' endpoint and keys, or a folder.

    Raises:
        UsageError: it is neither.
    """
    if is_meant_for_s3(url):
        problems = list(s3_problems(url))
    elif "://" in url:
        problems = [f"scheme {url.partition('://')[0]!r} is not s3; give s3://bucket/prefix or a folder"]
    else:
        problems = []
        try:
            url = str(expanded(Path(url)))
        except ValueError as error:
            problems = [str(error)]
    if problems:
        raise UsageError("; ".join(problems))
    return build_store(settings.model_copy(update={"store_url": url}))
