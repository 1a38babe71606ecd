"""`coin-models simulate` lives through nights and prints the plan of one."""

import json

import pytest

from coin_models.cli.main import run
from coin_models.exit_codes import ExitCode
from coin_models.simulation import campaign, every_operation


def test_one_seed_prints_its_plan_of_faults_and_what_they_hit(capsys: pytest.CaptureFixture[str]) -> None:
    code = run(["simulate", "--nights", "1", "--seed", "7"])

    shown = capsys.readouterr().out
    assert code == ExitCode.DONE
    assert shown.startswith("seed 7: ")
    assert "hit: operation " in shown
    assert "1 nights from seed 7: 0 broke a guarantee" in shown


def test_json_gives_the_figures_of_the_nights(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["simulate", "--nights", "2", "--seed", "3", "--json"]) == ExitCode.DONE

    content = json.loads(capsys.readouterr().out)
    assert (content["nights"], content["broken"]) == (2, [])
    assert content["operations"] > 1000


def test_a_broken_guarantee_is_shown_and_is_the_exit_code(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lived = campaign.live
    broken = {"broken": ("a version is lost",)}
    monkeypatch.setattr(campaign, "live", lambda plan: type(lived(plan))(**{**fields_of(lived(plan)), **broken}))
    monkeypatch.setattr(campaign, "shrunk", lambda result: result)

    code = run(["simulate", "--nights", "1", "--seed", "8"])

    captured = capsys.readouterr()
    assert code == ExitCode.COULD_NOT_WORK
    assert "seed 8: a version is lost" in captured.err


def test_a_fault_at_every_operation_gives_the_number_of_those_tried(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sampled = every_operation.fail_every_operation
    monkeypatch.setattr(every_operation, "fail_every_operation", lambda: sampled(2001))

    assert run(["simulate", "--every-operation"]) == ExitCode.DONE

    shown = capsys.readouterr().out
    assert "operations of a day, 3 faults tried: 0 broke a guarantee" in shown.replace("\n", " ")


def fields_of(result: object) -> dict[str, object]:
    return {name: getattr(result, name) for name in result.__slots__}  # type: ignore[attr-defined]
