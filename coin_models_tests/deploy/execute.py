"""Executes the Dockerfile in plain root file systems, without a container engine. As root, on Linux.

    python -m coin_models_tests.deploy.execute --base ROOT --work FOLDER [--bind PATH ...] [--target control]

ROOT stands in for the base image: a Debian of the same release with python3 and its venv module, such as debootstrap
makes. Each stage is a copy of the root it starts from; its RUN steps run in it by chroot, in mounts of their own that
end with the step; COPY, ENV, ARG and WORKDIR do what they say. At the end the image's entry point is run as its user.
`--bind` shows a file or folder of this machine to the steps, such as certificates or a folder of wheels.

It is no test: it needs a root file system and a package index.
"""

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from coin_models_tests.deploy.dockerfile import Stage, read_stages
from coin_models_tests.docs.reference import REPOSITORY

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_PASSED_ON = re.compile(r"PIP_|(HTTPS?|NO)_PROXY$", re.IGNORECASE)  # how this machine reaches its package index


@dataclass
class Image:
    """A stage as far as it was carried out."""

    root: Path
    environment: dict[str, str]
    folder: str = "/"
    user: str = "root"
    entry: list[str] = field(default_factory=list)


class Executor:
    def __init__(self, base: Path, work: Path, binds: Sequence[Path]) -> None:
        self._base, self._work, self._binds = base, work, binds
        self._stages = read_stages()
        self.images: dict[str, Image] = {}

    def make(self, name: str) -> Image:
        """The image of a stage, made after those it needs."""
        if name not in self.images:
            stage = self._stages[name]
            before = self.make(stage.base) if stage.base in self._stages else self._from_outside()
            image = Image(self._work / name, dict(before.environment), before.folder, before.user)
            _say(f"FROM {stage.base} AS {name}")
            subprocess.run(["cp", "-a", "--reflink=auto", str(before.root), str(image.root)], check=True)
            self._carry_out(stage, image)
            self.images[name] = image
        return self.images[name]

    def _from_outside(self) -> Image:
        python = self._base / "usr/local/bin/python"
        if not python.is_symlink():
            python.symlink_to("/usr/bin/python3")  # as the official image has it
        return Image(self._base, {"PATH": _PATH, "HOME": "/root"})

    def _carry_out(self, stage: Stage, image: Image) -> None:
        for instruction, rest in stage.steps:
            began = time.monotonic()
            if instruction == "RUN":
                self.run(image, ["sh", "-ec", rest], user="root")
            elif instruction == "COPY":
                self._copy(image, shlex.split(rest))
            elif instruction in ("ENV", "ARG"):
                pairs = [word.partition("=") for word in shlex.split(rest)]
                image.environment |= {key: value.replace("$PATH", _PATH) for key, _, value in pairs}
            elif instruction == "WORKDIR":
                image.folder = rest
                (image.root / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)
            elif instruction == "USER":
                image.user = rest
            elif instruction == "ENTRYPOINT":
                image.entry = json.loads(rest)
            _say(f"  {time.monotonic() - began:6.1f} s  {instruction} {rest[:90]}")

    def _copy(self, image: Image, words: list[str]) -> None:
        options = dict(word[2:].split("=") for word in words if word.startswith("--"))
        *sources, target = [word for word in words if not word.startswith("--")]
        origin = self.make(options["from"]).root if "from" in options else REPOSITORY
        place = image.root / str(Path(image.folder, target)).lstrip("/")
        for source in sources:
            path = origin / source.lstrip("/")
            if path.is_dir():
                shutil.copytree(path, place, symlinks=True, dirs_exist_ok=True)
            else:
                shutil.copy2(path, place / path.name if target.endswith("/") else place)
        if "chown" in options:
            inside = [str(Path(image.folder, target, Path(source).name)) for source in sources]
            self.run(image, ["chown", options["chown"], *inside], user="root")

    def run(self, image: Image, command: Sequence[str], *, user: str) -> None:
        """Runs a command in the image; raises CalledProcessError when it fails."""
        binds = [Path("/dev"), Path("/etc/resolv.conf"), *self._binds]
        mounts = [f"mount -t proc proc {shlex.quote(str(image.root / 'proc'))}"]
        for path in binds:
            inside = image.root / str(path).lstrip("/")
            if path.is_dir():
                inside.mkdir(parents=True, exist_ok=True)
            else:
                inside.parent.mkdir(parents=True, exist_ok=True)
                inside.touch()
            mounts.append(f"mount --rbind {shlex.quote(str(path))} {shlex.quote(str(inside))}")
        variables = [f"{key}={value}" for key, value in {**_of_this_machine(), **image.environment}.items()]
        inner = ["env", "-i", *variables, "sh", "-c", 'cd "$0" && exec "$@"', image.folder, *command]
        chroot = ["chroot", f"--userspec={user}:{user}", str(image.root), *inner]
        subprocess.run(
            ["unshare", "--mount", "sh", "-ec", f"{'; '.join(mounts)}; exec {shlex.join(chroot)}"], check=True
        )


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _of_this_machine() -> Mapping[str, str]:
    return {key: value for key, value in os.environ.items() if _PASSED_ON.match(key)}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", type=Path, required=True, help="root file system in place of the base image")
    parser.add_argument("--work", type=Path, required=True, help="empty folder for the stages' roots")
    parser.add_argument("--bind", type=Path, action="append", default=[], help="of this machine, shown to the steps")
    parser.add_argument("--target", default="control", choices=["control", "trainer"])
    options = parser.parse_args(arguments)
    options.work.mkdir(parents=True, exist_ok=True)
    executor = Executor(options.base.resolve(), options.work.resolve(), options.bind)
    image = executor.make(options.target)
    for command in (["coin-models", "settings", "--json"], ["python", "-c", "import coin_models.definitions"]):
        _say(f"as {image.user}: {' '.join([*image.entry, *command])}")
        executor.run(image, [*image.entry, *command], user=image.user)
    return 0


if __name__ == "__main__":
    sys.exit(main())
