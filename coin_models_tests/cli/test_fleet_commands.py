"""`coin-models worker` and `workers` without a fleet: one sentence, and nothing is started."""

from pathlib import Path

from coin_models_tests.cli.running import coin_models, make_home


def test_a_worker_without_a_broker_says_which_setting_names_it(tmp_path: Path) -> None:
    make_home(tmp_path)

    ran = coin_models(tmp_path, "worker")

    assert ran.code == 2
    assert "COIN_MODELS_FLEET_BROKER_URL" in ran.text


def test_queues_without_a_name_are_refused(tmp_path: Path) -> None:
    ran = coin_models(tmp_path, "worker", "--queues", " , ")

    assert ran.code == 2
    assert "--queues names no queue" in ran.text


def test_without_workers_the_list_says_how_to_start_one(tmp_path: Path) -> None:
    make_home(tmp_path)

    ran, as_json = coin_models(tmp_path, "workers"), coin_models(tmp_path, "workers", "--json")

    assert (ran.code, ran.text) == (0, "no live workers: start one with `coin-models worker`")
    assert as_json.json() == []


def test_a_broker_without_a_shared_database_is_refused_and_its_password_is_not_shown(tmp_path: Path) -> None:
    ran = coin_models(tmp_path, "status", fleet_broker_url="redis://:hidden-word@127.0.0.1:6379/0")

    assert ran.code == 2
    assert "database_url is not" in ran.text
    assert "hidden-word" not in ran.text


def test_a_broker_of_another_kind_is_refused_unquoted(tmp_path: Path) -> None:
    ran = coin_models(tmp_path, "status", fleet_broker_url="amqp://user:hidden-word@host//")

    assert ran.code == 2
    assert "redis://" in ran.text
    assert "hidden-word" not in ran.text


def test_a_backfill_without_a_fleet_names_the_command_for_one_machine(tmp_path: Path) -> None:
    ran = coin_models(tmp_path, "backfill", "--from", "2026-01-05", "--to", "2026-01-08")

    assert ran.code == 2
    assert "coin-models retrain --from --to" in ran.text
