"""Pages of the documentation site that are not files of docs/: mkdocs calls this module (`hooks` in mkdocs.yml).

README.md is the first page; the changelog, the guide for contributors and the examples are pages too. A link that leads
out of docs/ is turned to the page, or to a copy of the file. A diagram of a page is shown as its drawing in
docs/images/diagrams, so that a reader's browser loads no program from elsewhere.
"""

import hashlib
import json
import logging
import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from pymdownx.slugs import slugify

REPOSITORY = Path(__file__).resolve().parents[1]
DIAGRAMS = "images/diagrams"
PAGES = {"index.md": "README.md", "contributing.md": "CONTRIBUTING.md", "changelog.md": "CHANGELOG.md"}
_COPIES = "files"
_FENCE = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?![a-z]+:|#)([^)\s#]+)(#[^)\s]+)?\)")
_HEADING = re.compile(r"^#+ ", re.MULTILINE)
_DIAGRAM = re.compile(r"^```mermaid\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_logger = logging.getLogger("mkdocs.hooks.site")  # below `mkdocs`, so that its warnings end a strict build


def on_config(config: Any) -> Any:
    """Anchors as GitHub makes them: the same links serve both."""
    config.mdx_configs.setdefault("toc", {})["slugify"] = slugify(case="lower")
    return config


def on_files(files: Files, config: Any) -> Files:
    """Adds the pages, and copies of the files that pages link to."""
    for uri, name in PAGES.items():
        files.append(File.generated(config, uri, content=(REPOSITORY / name).read_text(encoding="utf-8")))
    files.append(File.generated(config, "examples.md", content=examples_page()))
    for path in sorted(_linked_files()):
        files.append(File.generated(config, f"{_COPIES}/{path.name}", content=path.read_bytes()))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Turns links that lead out of docs/, and puts drawings in place of diagrams."""
    uri = page.file.src_uri
    drawn = _DIAGRAM.sub(lambda match: drawing(match[1], uri), markdown)
    parts = _FENCE.split(drawn)
    parts[::2] = [_LINK.sub(lambda match: f"]({_target(uri, match[1])}{match[2] or ''})", part) for part in parts[::2]]
    return "".join(parts)


def diagrams(markdown: str) -> list[str]:
    """The texts of the diagrams of a page."""
    return _DIAGRAM.findall(markdown)


def drawing_name(diagram: str) -> str:
    """The file of a diagram's drawing: it names the text, so that a changed text has none."""
    return f"{hashlib.sha256(diagram.encode()).hexdigest()[:12]}.svg"


def examples_page() -> str:
    """A page of examples/: each with its own first sentence and its source, a notebook's cells one after the other."""
    lines = [
        "# Examples",
        "",
        "Each runs in a folder with a home; the tests run them. [Use a model](use-a-model.md) explains them.",
    ]
    for path in sorted((REPOSITORY / "examples").iterdir()):
        if path.suffix in (".py", ".ipynb"):
            text = path.read_text(encoding="utf-8").rstrip()
            shown = _program(text) if path.suffix == ".py" else _notebook(json.loads(text))
            lines += ["", f"## {path.name}", "", *shown]
    return "\n".join(lines) + "\n"


def _program(source: str) -> list[str]:
    return ["```python", source, "```"]


def _notebook(content: dict[str, Any]) -> list[str]:
    """The cells of a notebook; its headings are below that of the example."""
    lines: list[str] = []
    for cell in content["cells"]:
        source = "".join(cell["source"])
        is_code = cell["cell_type"] == "code"
        lines += [*(_program(source) if is_code else [_HEADING.sub("### ", source)]), ""]
    return lines


def drawing(diagram: str, uri: str) -> str:
    """A diagram's drawing, as an image of the page at `uri`; without one a strict build ends."""
    name = drawing_name(diagram)
    if not (REPOSITORY / "docs" / DIAGRAMS / name).is_file():
        _logger.warning(
            "%s: a diagram has no drawing %s/%s: run `python -m coin_models_tests.browser.diagrams`",
            uri,
            DIAGRAMS,
            name,
        )
    return f"![Diagram]({posixpath.relpath(f'{DIAGRAMS}/{name}', posixpath.dirname(uri) or '.')})"


def _target(uri: str, link: str) -> str:
    """A link of the page at `uri`, as the site has it."""
    source = REPOSITORY / PAGES[uri] if uri in PAGES else REPOSITORY / "docs" / uri
    path = (source.parent / link).resolve()
    return posixpath.relpath(_site_uri(path), posixpath.dirname(uri) or ".") if _is_ours(path) else link


def _is_ours(path: Path) -> bool:
    return path.is_relative_to(REPOSITORY)


def _site_uri(path: Path) -> str:
    """Where the site has a file of the repository."""
    name = path.relative_to(REPOSITORY).as_posix()
    if name.startswith("docs/"):
        return name.removeprefix("docs/")
    if name.startswith("examples"):
        return "examples.md" if path.is_dir() else f"examples.md#{path.name.replace('.', '')}"
    return next((uri for uri, source in PAGES.items() if source == name), f"{_COPIES}/{path.name}")


def _linked_files() -> set[Path]:
    """Files that pages link to and that the site has as copies."""
    pages = [*(REPOSITORY / name for name in PAGES.values()), *(REPOSITORY / "docs").rglob("*.md")]
    texts = {page: _FENCE.sub("", page.read_text(encoding="utf-8")) for page in pages}
    linked = {(page.parent / link).resolve() for page, text in texts.items() for link, _ in _LINK.findall(text)}
    return {path for path in linked if _is_ours(path) and path.is_file() and _site_uri(path).startswith(_COPIES)}
