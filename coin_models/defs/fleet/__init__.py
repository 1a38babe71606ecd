"""Many machines: Celery carries the runs to workers, the leases say which of them live."""
