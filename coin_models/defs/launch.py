"""Opens what executes runs in this process, for a command or a program: the instance of the UI, and the definitions."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from dagster import DagsterInstance

from coin_models.defs.build import definitions_with
from coin_models.defs.executor import DagsterRunExecutor
from coin_models.defs.instance.home import open_instance
from coin_models.defs.instance.storage_errors import storage_explained
from coin_models.defs.mirrors import shield_mirrors
from coin_models.pipeline.services import Services


@contextmanager
def open_executor(services: Services, *, asked_by: str) -> Iterator[DagsterRunExecutor]:
    """The executor on the instance of these settings.

    Raises:
        CoinModelsError: Dagster's storage cannot be opened.
    """
    with storage_explained(services.settings), open_instance(services.settings) as instance:
        shield_mirrors(instance)
        yield executor_on(services, instance, {"asked_by": asked_by})


def executor_on(services: Services, instance: DagsterInstance, tags: Mapping[str, str]) -> DagsterRunExecutor:
    """The executor on an open instance."""
    return DagsterRunExecutor(services, instance, tags, definitions_with)
