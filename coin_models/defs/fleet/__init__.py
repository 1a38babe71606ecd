"""Many machines: which worker takes which run. Celery carries the runs; each worker renews a record that it is alive."""
