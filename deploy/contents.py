"""Compares an environment with a release's bill of materials: the same packages, versions and files as the tests ran with.

    python deploy/contents.py dist/coin_models-0.1.0-py3-none-any.whl.cdx.json

It is run by the Python of the environment. pip cannot check this while it installs (docs/adr/0143).
"""

import argparse
import base64
import hashlib
import json
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

PROPERTY = "coin_models:contents-sha256"
_OF_ONE_MACHINE = ("..", "__pycache__")  # scripts name their Python; bytecode is made at installation
_WRITTEN_BY_PIP = ("INSTALLER", "REQUESTED", "direct_url.json", "RECORD")


def main() -> int:
    """Exit code 1 and a line for each package that differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bill", type=Path)
    bill = json.loads(parser.parse_args().bill.read_text(encoding="utf-8"))
    differing = list(differences(bill["components"]))
    print("\n".join(differing) or f"{len(bill['components'])} packages, all with the contents of the bill")
    return 1 if differing else 0


def differences(components: list[dict[str, Any]]) -> Iterator[str]:
    """What of these components is missing, of another version or with other files here."""
    for component in components:
        name, version = str(component["name"]), str(component["version"])
        listed = next((item["value"] for item in component.get("properties", ()) if item["name"] == PROPERTY), None)
        try:
            package = distribution(name)
        except PackageNotFoundError:
            yield f"{name} {version} is not installed"
            continue
        if package.version != version:
            yield f"{name}: {package.version} is installed, the bill lists {version}"
        elif listed is not None and contents_digest(package) != listed:
            yield f"{name} {version}: its files are not those of the bill"


def contents_digest(package: Distribution) -> str | None:
    """SHA-256 over names and digests of the files that its wheel holds, as they are now; None without a list of files.

    Where a file differs from what pip wrote down of it, or is missing, the digest is another one.
    """
    lines = []
    for file in package.files or ():
        if file.hash is None or file.name in _WRITTEN_BY_PIP or set(file.parts).intersection(_OF_ONE_MACHINE):
            continue
        path = Path(str(file.locate()))
        now = _sha256(path) if path.is_file() else "missing"
        lines.append(f"{file.as_posix()} {now}")
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest() if lines else None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
    return base64.urlsafe_b64encode(digest).decode("ascii")


if __name__ == "__main__":
    sys.exit(main())
