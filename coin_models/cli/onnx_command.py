"""`models export-onnx`: a version as an ONNX file, for programs in other languages."""

from pathlib import Path
from typing import Annotated

import typer

from coin_models.cli import options
from coin_models.cli.console import out
from coin_models.errors import RegistryError


def export_onnx(
    coin: Annotated[str, typer.Argument(help="Coin, such as BTC.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", parser=options.parse_path, help="The file to write.")
    ],
    day: Annotated[
        str | None, typer.Option("--day", help="Of this trading day, YYYY-MM-DD; default: what forecasts the coin now.")
    ] = None,
) -> int:
    """Write what forecasts a coin now, or its version of a day, as an ONNX graph (extra `onnx`)."""
    from coin_models.cli.whole_files import write_whole
    from coin_models.market.universe import coin_name
    from coin_models.pipeline.services import open_services
    from coin_models.registry.champions import ChampionLog
    from coin_models.registry.models_in_use import ModelsInUse
    from coin_models.registry.onnx_graph import onnx_graph
    from coin_models.settings.load import load_settings

    name, when = coin_name(coin), options.parse_day(day, "--day") if day else None
    with open_services(load_settings(), create=False) as services:
        if when is None:
            model = ModelsInUse(ChampionLog(services.database), services.registry).one(name).model
        else:
            versions = services.registry.versions(name, when)
            if not versions:
                raise RegistryError(
                    f"no model of {name} is published for {when}; `coin-models models list` shows which are"
                )
            model = services.registry.load(versions[0])
    graph = onnx_graph(model)
    write_whole(output, lambda part: part.write_bytes(graph))
    out.print(f"{output}: {model.version_id}, {model.forecaster}, {len(graph):,} bytes", markup=False, soft_wrap=True)
    return 0
