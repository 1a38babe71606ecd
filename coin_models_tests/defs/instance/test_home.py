"""The generated dagster.yaml and the one of the repository say the same."""

from pathlib import Path

import yaml
from pydantic import SecretStr

from coin_models.defs.instance.home import instance_config
from coin_models.settings.root import Settings

REPOSITORY = Path(__file__).resolve().parents[3]
OF_A_PLACE = {"compute_logs", "local_artifact_storage"}  # folders of the embedded home, or the settings of the process


def test_production_and_the_embedded_home_are_run_by_the_same_rules(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, source="demo", database_url=SecretStr("postgresql://coin@localhost/coins"))
    production = yaml.safe_load((REPOSITORY / "dagster.yaml").read_text(encoding="utf-8"))

    generated = instance_config(settings, tmp_path)

    assert {name: content for name, content in generated.items() if name not in OF_A_PLACE} == {
        name: content for name, content in production.items() if name not in OF_A_PLACE
    }
