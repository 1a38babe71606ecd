"""GraphQL's answers hold no secret of the settings, whatever quoted it: log lines, errors with their causes, metadata, tags."""

import json
import urllib.request
from pathlib import Path

import pytest
from dagster import AssetExecutionContext, DagsterInstance, MaterializeResult, asset, materialize

from coin_models.defs.instance.clean_events import keep_events_clean
from coin_models.settings.load import load_settings
from coin_models_tests.defs.webservers import guarded_webserver
from coin_models_tests.settings.planted import SECRET, planted

_QUERY = """{ instance { info } runsOrError { ... on Runs { results { runId runConfigYaml tags { key value }
  eventConnection { events { ... on MessageEvent { message } ... on ErrorEvent { error { ...Whole } }
    ... on DisplayableEvent { metadataEntries { label description ... on TextMetadataEntry { text } } } } } } } } }
  fragment Whole on PythonError { message stack className cause { message stack } errorChain { error { message stack } } }"""
_QUOTED = "; ".join(value for value in planted().values() if SECRET in value)


@asset
def quoting(context: AssetExecutionContext) -> MaterializeResult[None]:
    context.log.warning("a line that quotes %s", _QUOTED)
    return MaterializeResult(metadata={"url": _QUOTED})


def _connect() -> None:
    raise OSError(f"the proxy refused {_QUOTED}")


@asset(deps=[quoting])
def failing() -> None:
    try:
        _connect()
    except OSError as error:
        raise RuntimeError(f"the fit failed with {_QUOTED}") from error


def _ask(port: int) -> str:
    body = json.dumps({"query": _QUERY}).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/graphql", data=body, headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 -- of loopback
        return str(answer.read().decode())


def test_graphql_answers_hold_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in planted().items():
        monkeypatch.setenv(name, value)
    load_settings()
    keep_events_clean()
    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}\nnux: {enabled: false}\n")
    with DagsterInstance.from_config(str(tmp_path)) as instance:
        materialize([quoting, failing], instance=instance, raise_on_error=False, tags={"quoted": _QUOTED})
    with guarded_webserver(tmp_path, **planted()) as port:
        text = _ask(port)

    assert [word in text for word in ("a line that quotes", "the proxy refused", "the fit failed")] == [True] * 3
    assert SECRET not in text
