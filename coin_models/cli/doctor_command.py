"""`doctor`: prints one line per check, with the advice."""

from collections.abc import Callable, Iterator

from coin_models.cli import options
from coin_models.cli.console import counting_bar, out, print_json
from coin_models.diagnostics.findings import Finding, Level
from coin_models.errors import CoinModelsError, SettingsError
from coin_models.exit_codes import ExitCode

_MARKS = {Level.OK: "[green]ok     [/]", Level.WARNING: "[yellow]warning[/]", Level.ERROR: "[red]error  [/]"}


def doctor(as_json: options.AsJson = False) -> int:
    """Check everything that a run needs and give advice; exit code 1 if a run would fail."""
    findings = []
    with counting_bar() as advance:
        for finding in _findings(advance):
            findings.append(finding)
            if not as_json:
                with advance.aside():
                    _print(finding)
    if as_json:
        print_json([finding.to_json() for finding in findings])
    return ExitCode.COULD_NOT_WORK if any(finding.level is Level.ERROR for finding in findings) else ExitCode.DONE


def _findings(begin: Callable[[str, int, int], object]) -> Iterator[Finding]:
    from coin_models.cli.dagster_checks import dagster_findings
    from coin_models.cli.fleet_checks import fleet_findings
    from coin_models.diagnostics.doctor import diagnose
    from coin_models.pipeline.services import Services
    from coin_models.settings.load import load_settings

    try:
        settings = load_settings()
    except SettingsError as error:
        advice = "fix all of them, then run this again; docs/settings.md lists every setting"
        yield Finding(name="settings", level=Level.ERROR, text=str(error), advice=advice)
        return
    yield from diagnose(Services(settings=settings), lambda name, number, of: begin(name, number, of + 1))
    begin("Dagster", 0, 0)
    try:
        yield from fleet_findings(settings)
    except CoinModelsError as error:
        advice = "start the broker, or unset fleet.broker_url to run on one machine"
        yield Finding(name="broker", level=Level.ERROR, text=str(error), advice=advice)
    try:
        yield from dagster_findings(settings)
    except (CoinModelsError, OSError) as error:
        advice = "fix the errors above first: Dagster needs the database, the home folder and the list of coins"
        yield Finding(name="dagster home", level=Level.ERROR, text=str(error), advice=advice)


def _print(finding: Finding) -> None:
    out.print(f"{_MARKS[finding.level]} {finding.name:<15} ", end="")
    out.print(finding.text, markup=False, soft_wrap=True)
    if finding.advice:
        out.print(f"{'':<24}→ {finding.advice}", markup=False, soft_wrap=True)
