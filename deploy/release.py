"""Builds a release from a commit, checks it, and writes checksums and a bill of materials; publishing is a person's.

    python deploy/release.py            # of HEAD, into dist/
    python deploy/release.py v0.2.0 --into /tmp/release

Needs the environment of `make venv`. The bill of materials (CycloneDX 1.5, JSON) lists what that environment has installed for
the wheel with its extra `train`.
"""

import argparse
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import uuid
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from email.parser import HeaderParser
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from contents import PROPERTY, contents_digest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REPOSITORY = Path(__file__).resolve().parents[1]
EXTRA = "train"
_FOREIGN = re.compile(rb"/home/\w+/|/Users/\w+/|\.\./shared")  # of the machine that built it
_BUILD = """
import sys
from setuptools import build_meta
into = sys.argv[1]  # setuptools changes sys.argv
print(build_meta.build_sdist(into))
print(build_meta.build_wheel(into))
"""


def main() -> int:
    """Builds, checks, writes; exit code 1 and a sentence for each defect."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("commit", nargs="?", default="HEAD")
    parser.add_argument("--into", type=Path, default=REPOSITORY / "dist")
    arguments = parser.parse_args()
    arguments.into.mkdir(parents=True, exist_ok=True)
    constraints = arguments.into / "constraints.txt"
    with tempfile.TemporaryDirectory() as name:
        source = Path(name)
        _export(arguments.commit, source)
        committed = int(_git("log", "-1", "--format=%ct", arguments.commit))
        built = build(source, arguments.into, committed)
        constraints.write_bytes((source / constraints.name).read_bytes())
        defects = [f"{path.name}: {defect}" for path in built for defect in find_defects(path, source)]
    if defects:
        for path in built:
            path.unlink()
        print("\n".join(defects), file=sys.stderr)
        return 1
    bill = arguments.into / f"{built[-1].name}.cdx.json"
    bill.write_text(json.dumps(bill_of_materials(built[-1], committed), indent=1) + "\n")
    sums = "".join(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in (*built, constraints, bill)
    )
    (arguments.into / "SHA256SUMS").write_text(sums)
    print(f"{sums}\nin {arguments.into}; nothing was published")
    return 0


def _export(commit: str, into: Path) -> None:
    """What the commit holds, and nothing that lies beside it."""
    with tarfile.open(fileobj=io.BytesIO(_git("archive", commit))) as archive:
        archive.extractall(into, filter="data")


def _git(*arguments: str) -> bytes:
    return subprocess.run(["git", "-C", str(REPOSITORY), *arguments], check=True, capture_output=True).stdout


def build(source: Path, into: Path, committed: int) -> tuple[Path, Path]:
    """The sdist and the wheel of a source tree; the time of the commit, UTC epoch seconds, is that of all files in the wheel."""
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(committed)}
    done = subprocess.run(
        [sys.executable, "-c", _BUILD, str(into.resolve())],
        cwd=source,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.exit(f"the build failed: {done.stderr[-2000:]}")
    names = [line for line in done.stdout.splitlines() if line.endswith((".tar.gz", ".whl"))]
    return into / names[-2], into / names[-1]


def find_defects(path: Path, source: Path) -> list[str]:
    """What is missing in a built file, or should not be in it."""
    content = dict(_files(path))
    package = {str(file.relative_to(source)) for file in (source / "coin_models").rglob("*") if file.is_file()}
    inner = {name.partition("/")[2] for name in content} if path.suffix == ".gz" else set(content)
    defects = [f"lacks {name}" for name in sorted(package - inner)]
    if path.suffix == ".whl":
        others = {name.partition("/")[0] for name in content} - {"coin_models"}
        defects += [f"holds {name}" for name in sorted(others) if not name.endswith(".dist-info")]
    defects += [
        f"{name} names a path of one machine"
        for name, data in content.items()
        if _FOREIGN.search(data) and "/docs/" not in name
    ]
    return defects


def _files(path: Path) -> Iterator[tuple[str, bytes]]:
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            for name in wheel.namelist():
                yield name, wheel.read(name)
        return
    with tarfile.open(path) as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file is not None and "_tests/" not in member.name:
                yield member.name, file.read()


def bill_of_materials(wheel: Path, committed: int) -> dict[str, Any]:
    """The CycloneDX document of a wheel: itself, and each package that it needs, as installed here."""
    content = dict(_files(wheel))
    header = next(data for name, data in content.items() if name.endswith(".dist-info/METADATA"))
    metadata = HeaderParser().parsestr(header.decode())
    needed = _installed(metadata.get_all("Requires-Dist") or [], {EXTRA})
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, hashlib.sha256(wheel.read_bytes()).hexdigest())}",
        "version": 1,
        "metadata": {
            "timestamp": f"{datetime.fromtimestamp(committed, UTC):%Y-%m-%dT%H:%M:%SZ}",
            "component": _component(
                metadata["Name"], metadata["Version"], metadata.get("License-Expression") or "", "application"
            ),
        },
        "components": [
            {**_component(package.name, package.version, _licence(package)), **_contents(package)}
            for _, package in sorted(needed.items())
        ],
    }


def _installed(requirements: list[str], extras: set[str]) -> dict[str, Distribution]:
    """Every package that these requirements lead to, by name."""
    needed: dict[str, Distribution] = {}
    waiting = [(text, frozenset(extras)) for text in requirements]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        text, of = waiting.pop()
        requirement = Requirement(text)
        if requirement.marker and not any(requirement.marker.evaluate({"extra": extra}) for extra in {"", *of}):
            continue
        name, wanted = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if (name, wanted) in seen:
            continue
        seen.add((name, wanted))
        try:
            needed[name] = distribution(name)
        except PackageNotFoundError:
            sys.exit(f"{name} is needed and not installed here; run `make venv` first")
        waiting += [(inner, wanted) for inner in needed[name].requires or []]
    return needed


def _licence(package: Distribution) -> str:
    """As the package says it in its metadata, in one line: some put the whole text there, some a classifier alone."""
    headers = package.metadata.json
    text = str(headers.get("license_expression") or headers.get("license") or "").strip().partition("\n")[0][:80]
    classifiers = [
        line.rpartition(" :: ")[2] for line in headers.get("classifier", ()) if line.startswith("License ::")
    ]
    return text or ", ".join(classifiers)


def _component(name: str, version: str, licence: str, kind: str = "library") -> dict[str, Any]:
    component: dict[str, Any] = {
        "type": kind, "name": name, "version": version, "purl": f"pkg:pypi/{canonicalize_name(name)}@{version}",
    }  # fmt: skip
    return {**component, "licenses": [{"license": {"name": licence}}]} if licence else component


def _contents(package: Distribution) -> dict[str, Any]:
    """What deploy/contents.py compares an environment with."""
    digest = contents_digest(package)
    return {} if digest is None else {"properties": [{"name": PROPERTY, "value": digest}]}


if __name__ == "__main__":
    sys.exit(main())
