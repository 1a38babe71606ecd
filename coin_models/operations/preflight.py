"""The check before a run: free disk space, since running out in the middle costs more.

`doctor` checks everything else.
"""

import shutil

from coin_models.errors import DiskFull
from coin_models.settings.root import Settings

_MIB = 1024 * 1024


def require_disk_space(settings: Settings) -> None:
    """Refuses to begin with too little free disk for candles, checkpoints and weights.

    Raises:
        DiskFull: naming how much there is and how much is wanted.
    """
    folder = settings.home if settings.home.exists() else settings.home.absolute().parent
    while not folder.exists():
        folder = folder.parent
    free_mib = shutil.disk_usage(folder).free // _MIB
    if free_mib < settings.operations.min_free_disk_mib:
        raise DiskFull(
            f"only {free_mib} MiB are free in {folder}, {settings.operations.min_free_disk_mib} are wanted "
            "(operations.min_free_disk_mib); nothing was started. Free disk space, or set COIN_MODELS_HOME to another disk"
        )
