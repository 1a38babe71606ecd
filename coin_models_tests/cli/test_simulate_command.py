"""`coin-models simulate` lives through nights and prints the plan of one."""

import json
from dataclasses import replace

import pytest

from coin_models.cli.main import run
from coin_models.cli.simulate_command import show_campaign
from coin_models.exit_codes import ExitCode
from coin_models.simulation.campaign import run_nights
from coin_models_tests.simulation.test_campaign import PLAN, result_of


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


def test_a_broken_guarantee_is_shown_by_its_shortest_plan_and_is_the_exit_code(
    capsys: pytest.CaptureFixture[str],
) -> None:
    campaign = run_nights(8, 1, live=lambda plan: result_of(replace(plan, faults=PLAN.faults)))

    code = show_campaign(campaign, as_json=False)

    shown = capsys.readouterr().out
    assert code == ExitCode.COULD_NOT_WORK
    assert shown.startswith("seed 8: ")
    assert "a version is lost" in shown
    assert "1 nights from seed 8: 1 broke a guarantee" in shown


def test_a_fault_at_every_operation_gives_the_number_of_those_tried(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["simulate", "--every-operation", "--every", "2001", "--first", "1000"]) == ExitCode.DONE

    shown = capsys.readouterr().out
    assert "operations of a day, 2 faults tried: 0 broke a guarantee" in shown.replace("\n", " ")
