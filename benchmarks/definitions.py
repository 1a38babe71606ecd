"""CPU seconds of the definitions and of the repository snapshot that webserver and daemon request, by number of coins.

`python -m benchmarks.definitions [--coins 10 500 5000]`: each size in an interpreter of its own; torch must not be there.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence

_PROGRAM = """
import json, sys, tempfile, time
began = time.process_time()
import dagster
imported = time.process_time()
from coin_models.defs.build import build_definitions
from coin_models.settings.root import Settings
ours = time.process_time()
coins = tuple(f"C{number:04d}" for number in range(int(sys.argv[1])))
with tempfile.TemporaryDirectory() as home:
    settings = Settings(home=home, source="demo", universe=coins)
    before = time.process_time()
    repository = build_definitions(settings).get_repository_def()
    built = time.process_time()
    from dagster._core.remote_representation.external_data import RepositorySnap
    snapshot = RepositorySnap.from_def(repository)
    ended = time.process_time()
size = len(dagster.serialize_value(snapshot))
print(json.dumps({"dagster": imported - began, "ours": ours - imported, "definitions": built - before,
  "snapshot": ended - built, "snapshot_mb": size / 1e6, "torch": "torch" in sys.modules}))
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures each size and prints a line about it; 1 if torch was imported."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.definitions", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--coins", type=int, nargs="+", default=[10, 500, 5000])
    measured = [measure(number) for number in parser.parse_args(arguments).coins]
    return int(any(each["torch"] for each in measured))


def measure(num_coins: int) -> dict[str, float]:
    """CPU seconds of each part, by name."""
    done = subprocess.run([sys.executable, "-c", _PROGRAM, str(num_coins)], check=True, capture_output=True, text=True)  # noqa: S603
    seconds: dict[str, float] = json.loads(done.stdout)
    work = seconds["definitions"] + seconds["snapshot"]
    print(
        f"{num_coins:>5} coins: import dagster {seconds['dagster']:.2f} s, our imports {seconds['ours']:.2f} s, "
        f"definitions {seconds['definitions']:.2f} s, snapshot {seconds['snapshot']:.2f} s ({seconds['snapshot_mb']:.1f} MB); "
        f"definitions and snapshot are {work / seconds['dagster']:.2f} times the import of dagster, "
        f"the whole process {1 + (seconds['ours'] + work) / seconds['dagster']:.2f} times"
    )
    return seconds


if __name__ == "__main__":
    sys.exit(main())
