"""The doctor runs every check, whatever the others find."""

from pathlib import Path

from coin_models.diagnostics.doctor import diagnose
from coin_models.diagnostics.findings import Finding, Level
from coin_models.pipeline.services import Services
from coin_models.settings.root import Settings

CHECKS = [
    *("settings", "permissions", "disk", "database", "store", "identity", "clock"),
    *("candles", "device", "quarantine", "notifications"),
]


def findings(settings: Settings) -> list[Finding]:
    with Services(settings=settings) as services:
        return list(diagnose(services))


def test_each_check_is_one_finding_in_order_and_nothing_is_made(tmp_path: Path) -> None:
    results = findings(Settings(home=tmp_path / "home"))

    assert [finding.name for finding in results] == CHECKS
    assert [finding.name for finding in results if finding.level is not Level.OK] == []
    assert list(tmp_path.iterdir()) == []


def test_a_check_that_fails_hides_none_of_the_others(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    results = findings(Settings(home=tmp_path / "home", universe=("NOPE",), store_url=str(tmp_path / "file")))

    assert [finding.name for finding in results] == CHECKS
    assert [finding.name for finding in results if finding.level is Level.ERROR] == [
        *("store", "identity", "clock"),  # all three open the store
        "candles",
    ]


def test_each_check_is_named_before_it_is_made(tmp_path: Path) -> None:
    begun: list[tuple[str, int, int]] = []
    with Services(settings=Settings(home=tmp_path / "home")) as services:
        for number, finding in enumerate(diagnose(services, lambda *one: begun.append(one))):
            assert begun[number] == (finding.name, number, 11)

    assert len(begun) == 11
