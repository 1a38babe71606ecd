"""`models list | show | verify | promote | rollback`: the commands about published models."""

import getpass
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from coin_models.cli import options
from coin_models.cli.console import counting_bar, out, print_json
from coin_models.cli.onnx_command import export_onnx
from coin_models.errors import RegistryError
from coin_models.exit_codes import ExitCode
from coin_models.market.universe import coin_name, listed
from coin_models.models.horizons import horizon_name
from coin_models.registry.versions import ModelVersion

if TYPE_CHECKING:
    from coin_models.pipeline.manual_promotion import ManualPromotion
    from coin_models.pipeline.recompute import Recomputed
    from coin_models.pipeline.services import Services
    from coin_models.registry.bundle import Manifest

app = typer.Typer(help="Published models and champions.", no_args_is_help=True)

app.command("export-onnx")(export_onnx)

Coin = Annotated[str, typer.Argument(help="Coin, such as BTC.")]
CoinOrVersion = Annotated[
    str, typer.Argument(metavar="COIN", help="Coin, such as BTC, or the name of a version, as `models list` shows it.")
]
Reason = Annotated[str, typer.Option("--reason", help="Reason, for the decision log and the report.")]


def _services() -> "Services":
    from coin_models.pipeline.services import open_services
    from coin_models.settings.load import load_settings

    return open_services(load_settings(), create=False)


@app.command("list")
def list_models(
    coins: options.Coins = None,
    day: Annotated[str | None, typer.Option("--day", help="Only this trading day, YYYY-MM-DD; default: all.")] = None,
    limit: Annotated[int, typer.Option("--limit", help="Largest number of rows.", min=1)] = 40,
    as_json: options.AsJson = False,
) -> int:
    """List published versions, newest day first."""
    named = {coin_name(part.strip()) for part in coins.split(",")} if coins else set()
    when = options.parse_day(day, "--day") if day else None
    with _services() as services:
        versions = services.registry.versions(day=when)
    selected = [version for version in versions if version.coin in named or not named]
    if versions and (without := named.difference(version.coin for version in versions)):
        published = listed(sorted({version.coin for version in versions}))
        raise RegistryError(f"no model of {', '.join(sorted(without))} is published{_on(when)}, but of {published}")
    if as_json:
        print_json([_row(version) for version in selected[:limit]])
        return 0
    for version in selected[:limit]:
        skill = f"{version.skill:+.4f}" if version.skill is not None else "      -"
        origin = version.parent_id or "full retrain"
        out.print(f"{version.id:<30} validation skill {skill}  from {origin}", soft_wrap=True)
    more = f", {len(selected) - limit} more (--limit)" if len(selected) > limit else ""
    out.print(
        f"{len(selected)} version(s){more}"
        if selected
        else "no models are published yet; `coin-models retrain` trains them"
    )
    return 0


@app.command("show")
def show(
    coin: CoinOrVersion,
    day: Annotated[
        str | None, typer.Option("--day", help="Of this trading day, YYYY-MM-DD; default: the newest.")
    ] = None,
    as_json: options.AsJson = False,
) -> int:
    """Show everything about a coin's newest version, or about its version of a day."""
    registry = _services().registry
    when = options.parse_day(day, "--day") if day else None
    versions = registry.named([coin]) or registry.versions(coin.upper(), when)
    if not versions:
        raise RegistryError(
            f"no model of {coin} is published{_on(when)}; `coin-models models list` shows the published ones"
        )
    bundle = registry.bundle(versions[0])
    manifest = bundle.manifest
    content = {
        **_row(versions[0]),
        "best_epoch": manifest.best_epoch,
        "network": _network_words(manifest),
        "members": {name: round(share, 3) for name, share in bundle.shares.items()},
        "candle_digest": manifest.candle_digest,
    }
    content |= {
        "metrics": dict(manifest.metrics),
        "loss_curve": dict(manifest.loss_curve),
        "settings": dict(manifest.settings),
    }
    if manifest.horizons:
        content["horizons"] = {
            horizon_name(minutes): dict(manifest.horizons[minutes]) for minutes in sorted(manifest.horizons)
        }
    if as_json:
        print_json(content)
        return 0
    for line in _lines(content):
        out.print(line, soft_wrap=True)
    return 0


def _lines(content: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    """A line a value, those of a table below its name."""
    width = max(map(len, content), default=0)
    for name, value in content.items():
        if isinstance(value, Mapping) and value:
            yield f"{indent}[bold]{escape(name)}[/]"
            yield from _lines(value, f"{indent}  ")
        else:
            shown = f"{value:.6g}" if isinstance(value, float) else str(value)
            yield f"{indent}[bold]{escape(f'{name:<{width}}')}[/]  {escape(shown)}"


def _on(day: date | None) -> str:
    return f" for {day}" if day else ""


def _network_words(manifest: "Manifest") -> str:
    """Whether this fit changed the network: the parent's weights are kept where no epoch improved on them."""
    if manifest.parent_id is None:
        return "full retrain"
    return "unchanged: its parent's weights" if manifest.best_epoch == 0 else f"trained from {manifest.parent_id}"


@app.command("verify")
def verify(
    num_recomputed: Annotated[
        int, typer.Option("--recompute", metavar="N", min=0, help="Retrain N random versions and compare their bytes.")
    ] = 0,
    seed: Annotated[int, typer.Option("--seed", help="Random seed for the choice.")] = 0,
    as_json: options.AsJson = False,
) -> int:
    """Check every checksum of every version and of every recorded day of forecasts. With --recompute, also retrain some."""
    from coin_models.pipeline.recompute import any_different, recompute

    services = _services()
    versions = services.registry.versions()
    forecast_days = services.forecasts.days(None, date.min, date.max)
    with counting_bar() as advance:
        problems = list(services.registry.verify(versions, lambda n: advance("models", n, len(versions))))
        forecast_problems = services.forecasts.verify(
            forecast_days, lambda n: advance("recorded forecasts", n, len(forecast_days))
        )
        recomputed: list[Recomputed] = []
        if num_recomputed:
            advance("retraining", 0, num_recomputed)
            for one in recompute(services, num_recomputed, seed=seed):
                recomputed.append(one)
                advance("retraining", len(recomputed), num_recomputed)
    if as_json:
        print_json(
            {
                "checked": len(versions),
                "problems": [{"version": p.version_id, "reason": p.reason} for p in problems],
                "forecast_days_checked": len(forecast_days),
                "forecast_problems": forecast_problems,
                "recomputed": [asdict(one) for one in recomputed],
            }
        )
    else:
        for problem in problems:
            out.print(f"[red]{problem.version_id}[/]: {escape(problem.reason)}")
        for sentence in forecast_problems:
            out.print(f"[red]forecasts[/]: {escape(sentence)}")
        out.print(f"{len(versions)} version(s) checked, {len(problems)} with a problem")
        out.print(f"{len(forecast_days)} coin-day(s) of forecasts checked, {len(forecast_problems)} with a problem")
        for one in recomputed:
            _print_recomputed(one)
    return ExitCode.COULD_NOT_WORK if problems or forecast_problems or any_different(recomputed) else ExitCode.DONE


def _print_recomputed(one: "Recomputed") -> None:
    reason = f": {escape(one.reason)}" if one.reason else ""
    out.print(f"{one.version_id}: {one.verdict}{reason}")
    if one.recomputed_under is not None:
        out.print(f"  published under {escape(one.published_under or 'an arithmetic that was not recorded')}")
        out.print(f"  recomputed under {escape(one.recomputed_under)}")


@app.command("promote")
def promote(
    version_or_coin: Annotated[list[str], typer.Argument(help="Versions, or coins for their newest versions.")],
    reason: Reason = "manual",
    as_json: options.AsJson = False,
) -> int:
    """Make a version the champion of its coin from the next trading day on. The policy may replace it later."""
    from coin_models.pipeline.manual_promotion import promote as by_hand

    services = _services()
    _print_decisions(
        [by_hand(services, _name(one), reason=reason, who=_who()) for one in version_or_coin],
        as_json=as_json,
    )
    return 0


@app.command("rollback")
def roll_back(coin: Coin, reason: Reason = "manual", as_json: options.AsJson = False) -> int:
    """Make the previous champion the champion again, from the next trading day on."""
    from coin_models.pipeline.manual_promotion import roll_back as by_hand

    _print_decisions([by_hand(_services(), coin.upper(), reason=reason, who=_who())], as_json=as_json)
    return 0


def _who() -> str:
    """Who types; a container's user often has a number and no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def _name(text: str) -> str:
    """Coins in capitals; a version's id has them in its first part only."""
    coin, dash, rest = text.partition("-")
    return f"{coin.upper()}{dash}{rest}"


def _print_decisions(promotions: "list[ManualPromotion]", *, as_json: bool) -> None:
    if as_json:
        print_json([one.to_json() for one in promotions])
        return
    for one in promotions:
        before = f", before {one.before.id}" if one.before else ""
        out.print(f"[bold]{one.decision.coin}[/] is forecast by {one.champion.id} after {one.decision.day}{before}")
        for warning in one.warnings:
            out.print(f"  [yellow]the policy would not have chosen it:[/] {escape(warning)}")


def _row(version: ModelVersion) -> dict[str, Any]:
    return {
        "id": version.id,
        "coin": version.coin,
        "day": version.day.isoformat(),
        "validation_skill": version.skill,
        "fingerprint": version.fingerprint,
        "weights_sha256": version.weights_sha256,
        "weights": version.weights_key,
        "manifest": version.manifest_key,
        "parent": version.parent_id,
        "resumed": version.resumed,
        "fit_seconds": round(version.fit_seconds, 3),
        "num_steps": version.num_steps,
        "created_at": version.created_at.isoformat(),
        "code_version": version.code_version,
        "arithmetic": version.arithmetic,
    }
