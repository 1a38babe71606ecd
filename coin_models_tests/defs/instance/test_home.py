"""The generated dagster.yaml and the one of the repository say the same."""

from pathlib import Path

import pytest
import yaml
from pydantic import SecretStr

from coin_models.defs.instance.home import instance_config
from coin_models.settings.fleet import FleetSettings
from coin_models.settings.root import Settings

REPOSITORY = Path(__file__).resolve().parents[3]
OF_A_PLACE = {"compute_logs", "local_artifact_storage"}  # folders of the embedded home, or the settings of the process


@pytest.mark.parametrize(
    ("name", "broker_url"),
    [("dagster.yaml", None), ("deploy/fleet/dagster.yaml", SecretStr("redis://localhost:1/0"))],
)
def test_production_and_the_generated_file_are_run_by_the_same_rules(
    tmp_path: Path, name: str, broker_url: SecretStr | None
) -> None:
    url = SecretStr("postgresql://coin@localhost/coins")
    fleet = FleetSettings(broker_url=broker_url)
    settings = Settings(home=tmp_path, source="demo", database_url=url, fleet=fleet)
    production = yaml.safe_load((REPOSITORY / name).read_text(encoding="utf-8"))

    generated = instance_config(settings, tmp_path)

    assert {name: content for name, content in generated.items() if name not in OF_A_PLACE} == {
        name: content for name, content in production.items() if name not in OF_A_PLACE
    }
