"""Which object store the settings ask for.

Belongs here: the choice. Not here: the stores; S3's is imported only when it is chosen (docs/adr/0097 has the cost).
"""

from pathlib import Path

from coin_models.settings.root import Settings
from coin_models.storage.local import LocalStore
from coin_models.storage.object_store import ObjectStore
from coin_models.storage.retry import Backoff


def build_store(settings: Settings, *, patience: Backoff | None = None) -> ObjectStore:
    """The store of `store_url`: S3, a folder, or `<home>/store` when unset. Nothing is created before the first put.

    Args:
        settings: which store.
        patience: how long to go on while S3 is away; default: as long as a run should.

    Raises:
        StoreRefused: the folder or the URL cannot be used. S3 is not asked anything before its first use.
    """
    url = settings.store_url
    if url is None:
        return LocalStore(settings.home / "store")
    if url.startswith("s3://"):
        from coin_models.storage.s3.client import s3_resource
        from coin_models.storage.s3.store import S3Store, split_s3_url

        return S3Store(s3_resource(settings).get_client(), *split_s3_url(url), patience=patience)
    return LocalStore(Path(url))
