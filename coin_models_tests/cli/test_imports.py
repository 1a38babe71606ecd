"""Quick commands do not import heavy libraries."""

import subprocess
import sys

HEAVY = ("ccxt", "dagster", "pandas", "pyarrow", "sqlalchemy.dialects.postgresql", "torch")


def test_status_on_sqlite_imports_no_library_that_only_other_commands_need() -> None:
    code = (
        "import sys\n"
        "import coin_models.cli.main, coin_models.cli.status_table\n"
        "import coin_models.pipeline.services, coin_models.pipeline.status, coin_models.settings.load\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
