"""Builders of the registry tests: architectures, weights, bundles, candles."""

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np

from coin_models.features.scaling import FeatureScaling
from coin_models.features.table import FeatureTable, build_features, feature_names, width_feature_names
from coin_models.market.candles import Candles
from coin_models.market.timeframe import day_start_ms, parse_timeframe
from coin_models.models.architecture import NETWORK_SHARE, Architecture
from coin_models.models.horizons import named_tensors
from coin_models.registry.bundle import Bundle, Manifest, make_bundle
from coin_models.registry.versions import ChampionDecision, Verdict
from coin_models.settings.market import MarketSettings

DAY = date(2024, 8, 15)
NOW = datetime(2024, 8, 16, 2, tzinfo=UTC)
FIVE_MINUTES = parse_timeframe("5m")


def architecture(**changes: object) -> Architecture:
    """A small network on the real features."""
    values: dict[str, object] = {
        "feature_names": feature_names(FIVE_MINUTES), "timeframe": "5m", "horizon": 12, "window": 4, "width": 8, "num_blocks": 1,
        "quantiles": (0.1, 0.5, 0.9),
    }  # fmt: skip
    return Architecture(**{**values, **changes})  # type: ignore[arg-type]


def weights(of: Architecture, seed: int = 0) -> dict[str, np.ndarray]:
    """Random weights."""
    random = np.random.default_rng(seed)
    made = {name: random.normal(0, 0.2, shape).astype(np.float32) for name, shape in sorted(of.tensor_shapes().items())}
    return made | {f"members.{name}.any": np.ones(1, np.float32) for name, _ in of.members}


def manifest(coin: str = "BTC", day: date = DAY, fingerprint: str = "f" * 64, **changes: object) -> Manifest:
    """A manifest without the weights' digest."""
    network = architecture()
    values: dict[str, object] = {
        "coin": coin, "day": day, "fingerprint": fingerprint, "parent_id": None, "candle_digest": "c" * 64,
        "architecture": network, "max_fill_candles": 6, "settings": {"training": {"epochs": 6}}, "best_epoch": 3,
        "scaling": FeatureScaling(
            center=np.linspace(-1, 1, network.num_features, dtype=np.float32),
            scale=np.linspace(0.5, 2, network.num_features, dtype=np.float32),
        ),
        "metrics": {
            "train": {"pinball": 0.3},
            "validation": {"pinball": 0.31, "skill": 0.0142, "coverage": None, "coverage_0.1": 0.11, "coverage_0.9": 0.9},
        },
        "loss_curve": {"train": (0.4, 0.3), "validation": (0.41, 0.31)}, "code_version": "v" * 64, "created_at": NOW,
    }  # fmt: skip
    return Manifest(**{**values, **changes})  # type: ignore[arg-type]


def bundle(
    coin: str = "BTC", day: date = DAY, fingerprint: str = "f" * 64, *, seed: int = 0, **changes: object
) -> Bundle:
    """A model with random weights."""
    without_digest = manifest(coin, day, fingerprint, **changes)
    tensors = weights(without_digest.architecture, seed)
    if without_digest.architecture.has_reference:  # quantiles that do not cross
        share, levels = without_digest.architecture.network_share, without_digest.architecture.quantiles
        spread = np.linspace(-1.2, 1.2, len(levels), dtype=np.float32)
        scale = np.ones_like(tensors["reference.scale"])
        quantiles = np.sort(spread + tensors["reference.quantiles"])
        tensors |= {NETWORK_SHARE: np.array([share], np.float32), "reference.scale": scale}
        tensors["reference.quantiles"] = quantiles
    return make_bundle(without_digest, tensors)


def referring_architecture(network_share: float = 0.5, **changes: object) -> Architecture:
    """A small network beside a reference."""
    return architecture(network_share=network_share, width_names=width_feature_names(FIVE_MINUTES), **changes)


def with_reference(*, network_share: float, coin: str = "BTC") -> Bundle:
    """A model with random weights whose forecast is a mean of network and reference."""
    return bundle(coin, architecture=referring_architecture(network_share))


def with_horizons(*minutes: int, coin: str = "BTC") -> Bundle:
    """A model with random weights that also forecasts these horizons."""
    main = with_reference(network_share=0.5, coin=coin)
    further = dict(main.weights)
    for number, each in enumerate(minutes, start=1):
        own = bundle(coin, architecture=main.manifest.architecture, seed=number).weights
        tensors = {name: own[name] for name in own if name not in main.manifest.architecture.parameter_shapes()}
        further |= named_tensors(each, tensors)
    figures = {each: {"skill": 0.01 * number} for number, each in enumerate(minutes, start=1)}
    return make_bundle(replace(main.manifest, horizons=figures), further)


def table() -> FeatureTable:
    """The features of a random walk, 1,000 rows."""
    return build_features(candles(1000), MarketSettings())


def candles(count: int, *, seed: int = 0, missing: tuple[int, ...] = (), first: date = DAY) -> Candles:
    """A random walk of five-minute candles from midnight on, without the candles at the positions `missing`."""
    random = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(random.normal(0, 0.001, count)))
    opened = np.concatenate([[100.0], close[:-1]])
    high, low = np.maximum(opened, close) * 1.0005, np.minimum(opened, close) * 0.9995
    keep = np.setdiff1d(np.arange(count), missing)
    times = day_start_ms(first) + np.arange(count, dtype=np.int64) * FIVE_MINUTES.ms
    table = np.stack([opened, high, low, close, random.uniform(1, 2, count)], axis=1)
    return Candles(timeframe=FIVE_MINUTES, open_time_ms=times[keep], ohlcv=table[keep])


def decision(version_id: str | None, verdict: Verdict, day: date = DAY, **changes: object) -> ChampionDecision:
    """A decision of the policy about BTC; fields can be given."""
    made = ChampionDecision(
        coin="BTC",
        day=day,
        version_id=version_id,
        decision=verdict,
        reason="skill",
        decided_by="policy",
        decided_at=NOW,
    )
    return replace(made, **changes)  # type: ignore[arg-type]
