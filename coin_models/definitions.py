"""What Dagster loads: `dagster ... -m coin_models.definitions`."""

from coin_models.defs.build import build_definitions
from coin_models.settings.load import load_settings

defs = build_definitions(load_settings())
