"""Alert rules and dashboard: well formed, and each expression names metrics that exist, with labels that they have."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from coin_models.pipeline.metrics import METRICS
from coin_models_tests.docs.reference import REPOSITORY

_FOLDER = REPOSITORY / "deploy" / "prometheus"
_RULES, _DASHBOARD = _FOLDER / "alerts.yaml", _FOLDER / "dashboard.json"
_RULE_KEYS = {"alert", "expr", "for", "labels", "annotations"}
_DURATION = re.compile(r"(\d+[smhdwy])+")
_LABELS = {"coin_models_messages": {"state"}, "coin_models_attempts_last_day": {"outcome"}}


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(_RULES.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def expressions() -> Iterator[tuple[str, str]]:
    for rule in rules():
        yield rule["alert"], rule["expr"]
    for panel in json.loads(_DASHBOARD.read_text(encoding="utf-8"))["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


@pytest.mark.parametrize(("name", "expression"), [pytest.param(*pair, id=pair[0]) for pair in expressions()])
def test_an_expression_names_metrics_that_exist_and_is_balanced(name: str, expression: str) -> None:
    named = set(re.findall(r"coin_models_\w+", expression))

    assert named, name
    assert named <= set(METRICS)
    for opening, closing in ("()", "[]", "{}"):
        assert expression.count(opening) == expression.count(closing)
    for metric, labels in re.findall(r"(coin_models_\w+)\{([^}]*)\}", expression):
        assert set(re.findall(r"(\w+)\s*[=!]", labels)) <= _LABELS.get(metric, set())


def test_a_rule_has_what_prometheus_and_a_person_need() -> None:
    for rule in rules():
        assert set(rule) <= _RULE_KEYS
        assert _DURATION.fullmatch(rule.get("for", "0s"))
        assert rule["labels"]["severity"] in {"info", "warning", "critical"}
        assert set(rule["annotations"]) == {"summary", "description"}
    assert len({rule["alert"] for rule in rules()}) == len(rules())


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_promtool_accepts_the_rules() -> None:
    done = subprocess.run(["promtool", "check", "rules", str(_RULES)], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_dashboard_shows_every_figure_once_and_panels_do_not_overlap() -> None:
    dashboard = json.loads(_DASHBOARD.read_text(encoding="utf-8"))
    places = [
        (x, y)
        for panel in dashboard["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    shown = {name for _, expression in expressions() for name in re.findall(r"coin_models_\w+", expression)}

    assert len(places) == len(set(places))
    assert max(x for x, _ in places) == 23  # Grafana has 24 columns
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    assert set(METRICS) - shown == {"coin_models_noted_removals"}
    assert all(
        target["datasource"]["uid"] == "${datasource}" for panel in dashboard["panels"] for target in panel["targets"]
    )
