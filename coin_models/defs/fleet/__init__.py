"""Many machines: which worker takes which run. Celery carries the runs; a worker that renews its lease is alive."""
