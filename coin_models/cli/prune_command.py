"""`prune`: removes what is older than the retention settings keep."""

from typing import Annotated

import typer

from coin_models.cli import options
from coin_models.cli.console import counting_bar, out, print_json
from coin_models.exit_codes import ExitCode


def prune(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would be removed; remove nothing.")] = False,
    as_json: options.AsJson = False,
) -> int:
    """Remove what is older than `retention.days`: versions, trades, attempts, messages, runs. Champions and one a month stay."""
    from coin_models.defs.instance.home import open_instance
    from coin_models.defs.pruning import plan_home, prune_home, shrink_files
    from coin_models.pipeline.services import open_services
    from coin_models.settings.load import load_settings

    settings = load_settings()
    with open_services(settings, create=False) as services, open_instance(settings) as instance:
        pruning = plan_home(services, instance)
        num_bytes = 0
        if not dry_run:
            with counting_bar() as advance:
                prune_home(services, instance, pruning, advance)
            instance.event_log_storage.dispose()
            num_bytes = shrink_files(services)
    if as_json:
        print_json({**pruning.to_json(), "dry_run": dry_run, "bytes_of_files": num_bytes})
        return ExitCode.DONE
    out.print(f"{'would remove' if dry_run else 'removed'}, {pruning}", markup=False, soft_wrap=True)
    if num_bytes:
        out.print(f"the database files are {num_bytes / 1e6:,.1f} MB smaller", markup=False)
    return ExitCode.DONE
