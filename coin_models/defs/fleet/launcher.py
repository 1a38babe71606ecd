"""The run launcher of a fleet: a run is a message to the broker, taken by one of the workers.

Celery delivers, and nothing more. Whether a run's worker is alive, the reaper derives from the run's lease, as with every
launcher: `CeleryRunLauncher.check_run_worker_health` says RUNNING of a host that was killed, for ever, because the state
in the result backend is the last that the worker wrote. Dagster does not look at it where it is not supported
(`monitor_started_run` of 1.13).
"""

import warnings
from typing import Any, Final

from celery.exceptions import DuplicateTaskNameWarning
from dagster_celery.launcher import CeleryRunLauncher
from dagster_celery.tags import DAGSTER_CELERY_TASK_ID_TAG
from pydantic import SecretStr

from coin_models.defs.fleet.broker import ANSWER_SECONDS, require_broker
from coin_models.settings.fleet import FleetSettings

_CELERY: Final = {
    # A second message reserved by a busy worker would wait for it while others are idle.
    "worker_prefetch_multiplier": 1,
    "worker_disable_prefetch": True,
    # Dagster ignores a message of a run that was begun: one that is lost is replaced by the reaper, not by the broker.
    "task_acks_late": False,
    "accept_content": ["json"],  # never pickle
    "result_expires": 86_400,  # seconds
    "broker_connection_retry_on_startup": True,
    "worker_hijack_root_logger": False,
    "worker_redirect_stdouts": False,  # what a run prints goes to its compute logs
    "worker_cancel_long_running_tasks_on_connection_loss": False,  # the fit continues without the broker
}

_SENDING: Final = {
    # Of a launch alone: a worker blocks on its broker on purpose. Celery's own limits are none, and 20 times 120 s.
    "broker_transport_options": {"socket_timeout": ANSWER_SECONDS},
    "redis_socket_timeout": ANSWER_SECONDS,
    "result_backend_transport_options": {"retry_policy": {"max_retries": 1, "timeout": ANSWER_SECONDS}},
}


class FleetRunLauncher(CeleryRunLauncher):
    """`CeleryRunLauncher` for runs with leases."""

    def app_args(self) -> dict[str, Any]:
        """As Celery's application is made; the settings above count for the launcher and for workers."""
        args = super().app_args()
        return {**args, "config_source": {**args["config_source"], **_CELERY}}

    def launch_run(self, context: Any) -> None:
        """Sends the message. dagster-celery 0.29 defines its task at each launch, of which Celery 5.7 warns.

        Raises:
            BrokerUnavailable: the broker does not answer; Dagster makes it the failure of the run.
        """
        require_broker(FleetSettings(broker_url=SecretStr(self.broker) if self.broker else None))
        self.celery.conf.update(_SENDING)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DuplicateTaskNameWarning)
            super().launch_run(context)

    @property
    def supports_check_run_worker_health(self) -> bool:
        """False: the reaper reads the leases."""
        return False

    @property
    def supports_resume_run(self) -> bool:
        """Not by Dagster: run retries launch a new run, which continues from the checkpoint."""
        return False

    def terminate(self, run_id: str) -> bool:
        """Sends SIGTERM to the fit; False for a run that another launcher, or the command line, carries."""
        run = self._instance.get_run_by_id(run_id)
        if run is None or DAGSTER_CELERY_TASK_ID_TAG not in run.tags:
            return False
        return super().terminate(run_id)
