"""`simulate`: lives through simulated nights full of faults, and shows which guarantee breaks, and by what."""

import itertools
from typing import TYPE_CHECKING, Annotated

import typer

from coin_models.cli import options
from coin_models.cli.console import counting_bar, err, out, print_json
from coin_models.exit_codes import ExitCode

if TYPE_CHECKING:
    from coin_models.simulation.campaign import Campaign
    from coin_models.simulation.night import NightResult


def simulate(
    nights: Annotated[int, typer.Option("--nights", help="Number of nights.", min=1, max=10_000_000)] = 20,
    seed: Annotated[
        int, typer.Option("--seed", help="Seed of the first night; the next ones have the following.", min=0)
    ] = 1,
    every_operation: Annotated[
        bool,
        typer.Option(
            "--every-operation", help="One small day, with each kind of fault at each of its operations; takes an hour."
        ),
    ] = False,
    every: Annotated[
        int,
        typer.Option("--every", help="Of those faults, try only every N-th; an odd number meets each kind.", min=1),
    ] = 1,
    first: Annotated[
        int,
        typer.Option(
            "--first", help="The fault to begin with: of --every N, 0 to N-1 are N pieces of them all.", min=0
        ),
    ] = 0,
    as_json: options.AsJson = False,
) -> int:
    """Simulate nights with faults drawn from a seed; check every guarantee after each."""
    from coin_models.simulation.campaign import run_nights
    from coin_models.training.process import import_training

    import_training()
    if every_operation:
        return _fail_every_operation(every, first, as_json=as_json)
    with counting_bar() as advance:
        advance("nights", 0, nights)

        def note(result: "NightResult") -> None:
            advance("nights", result.plan.seed - seed + 1, nights)
            with advance.aside():
                if nights == 1 and not as_json:
                    _show_plan(result)
                if result.broken:
                    err.print(f"seed {result.plan.seed}: {result.broken[0]}", markup=False)

        campaign = run_nights(seed, nights, note)
    return show_campaign(campaign, as_json=as_json)


def show_campaign(campaign: "Campaign", *, as_json: bool) -> ExitCode:
    """Prints what the nights came to; the exit code says whether one broke a guarantee."""
    if as_json:
        print_json(campaign.to_json())
    else:
        _print(campaign)
    return ExitCode.COULD_NOT_WORK if campaign.broken else ExitCode.DONE


def _fail_every_operation(every: int, first: int, *, as_json: bool) -> int:
    from coin_models.simulation.every_operation import fail_every_operation

    with counting_bar() as advance:
        numbers = itertools.count(1)
        tried = fail_every_operation(every, first, note=lambda _night: advance("faults", next(numbers), 0))
    if as_json:
        print_json(tried.to_json())
    else:
        for night in tried.broken:
            lines = [str(night.plan.faults[0]), *(f"hit: {hit}" for hit in night.hit), *night.broken]
            out.print("\n".join(lines), markup=False, highlight=False, soft_wrap=True)
        out.print(
            f"{tried.num_operations} operations of a day, {tried.num_tried} faults tried: {len(tried.broken)} broke a guarantee",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
    return ExitCode.COULD_NOT_WORK if tried.broken else ExitCode.DONE


def _show_plan(result: "NightResult") -> None:
    for line in (*result.plan.lines(), *(f"hit: {hit}" for hit in result.hit)):
        out.print(line, markup=False, highlight=False, soft_wrap=True)


def _print(campaign: "Campaign") -> None:
    for night in campaign.broken:
        lines = [*night.shortest.plan.lines(), *(f"hit: {hit}" for hit in night.shortest.hit), *night.shortest.broken]
        out.print("\n".join(lines), markup=False, highlight=False, soft_wrap=True)
    out.print(
        f"{campaign.num_nights} nights from seed {campaign.first_seed}: {len(campaign.broken)} broke a guarantee; "
        f"{campaign.num_operations} operations, {campaign.num_faults} faults, {campaign.num_killed} processes killed; "
        f"{campaign.nights_per_second:.1f} nights per second of CPU time",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
