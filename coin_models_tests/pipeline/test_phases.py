"""A phase tells where it is as its items are worked on."""

from datetime import date

from coin_models.pipeline.phases import Phase, PhaseProgress, counted, whole

DAY = date(2024, 8, 15)


def test_an_item_counts_once_it_was_worked_on() -> None:
    reported: list[str] = []

    def report(progress: PhaseProgress) -> None:
        reported.append(str(progress))

    reported.extend(counted(["BTC", "ETH"], report, Phase.TRADES, DAY, 2))

    assert reported == ["shadow trades 0/2", "BTC", "shadow trades 1/2", "ETH", "shadow trades 2/2"]


def test_what_does_not_count_is_passed_on() -> None:
    reported: list[int] = []
    items = counted(
        ["parent", "BTC"], lambda at: reported.append(at.done), Phase.MODELS, DAY, 1, counts=lambda item: item == "BTC"
    )

    assert list(items) == ["parent", "BTC"]
    assert reported == [0, 1]


def test_a_phase_without_coins_to_count_tells_its_start_and_its_end() -> None:
    reported: list[PhaseProgress] = []

    assert whole(lambda: "made", reported.append, Phase.PATTERNS, DAY, 20) == "made"
    assert [(str(at), at.done) for at in reported] == [("patterns", 0), ("patterns", 20)]
