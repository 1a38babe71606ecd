"""What Dagster loads: `dagster ... -m coin_models.definitions`."""

from coin_models.defs.build import build_definitions
from coin_models.logs import redact_logs
from coin_models.private_files import keep_private
from coin_models.settings.load import load_settings

keep_private()  # of code servers and run workers this module is the entry point
redact_logs()
defs = build_definitions(load_settings())
