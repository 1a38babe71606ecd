from hypothesis import given, settings
from hypothesis import strategies as st

from coin_models.reporting.notifications.messages import MessageKind, Severity
from coin_models.reporting.notifications.rendering import TELEGRAM_LIMIT, render, render_burst, shorten, utf16_length


@settings(max_examples=50, deadline=None)
@given(title=st.text(max_size=400), lines=st.lists(st.text(max_size=1500), max_size=20))
def test_whatever_is_said_fits_into_a_telegram_message(title: str, lines: list[str]) -> None:
    rendered = render(title, lines, Severity.INFO)

    # Telegram shows title, line break and body as one text.
    assert utf16_length(rendered.title) + 2 + utf16_length(rendered.body) <= TELEGRAM_LIMIT


def test_lines_that_do_not_fit_are_counted() -> None:
    rendered = render("title", [f"{number:099d}" for number in range(50)], Severity.INFO)

    # 3800 units hold 38 lines of 99 and their line breaks
    assert rendered.body.count("\n") == 38
    assert rendered.body.endswith("… and 12 more lines")


def test_a_single_line_that_is_too_long_is_shortened() -> None:
    rendered = render("title", ["x" * 5000], Severity.INFO)

    assert rendered.body == "x" * 3799 + "…"


def test_a_character_outside_the_basic_plane_counts_twice_and_is_never_halved() -> None:
    assert utf16_length("🚀") == 2
    assert shorten("🚀🚀🚀", 4) == "🚀…"  # room for one rocket and the ellipsis: a second would be cut in half


def test_control_characters_and_line_breaks_within_a_line_are_removed() -> None:
    assert render("a\nb", ["c\x00d\te\r\nf"], Severity.INFO).title == "a b"
    assert render("a\nb", ["c\x00d\te\r\nf"], Severity.INFO).body == "cd e f"


def test_markup_is_left_to_apprise() -> None:
    assert render("<b>", ["a < b & c_d *e* [f](g)"], Severity.INFO).body == "a < b & c_d *e* [f](g)"


def test_a_burst_is_counted_and_its_newest_events_are_shown() -> None:
    events = [(MessageKind.INTERRUPTION, [f"event {number}"]) for number in range(19)] + [
        (MessageKind.RESUME, ["resumed"])
    ]

    rendered = render_burst(events)

    assert rendered.title == "19 interruptions, 1 resume"
    assert rendered.body.splitlines() == ["… 8 earlier", *(f"event {n}" for n in range(8, 19)), "resumed"]
    assert rendered.severity is Severity.WARNING


def test_a_burst_of_resumes_alone_is_no_warning() -> None:
    assert render_burst([(MessageKind.RESUME, ["a"]), (MessageKind.RESUME, ["b"])]).severity is Severity.INFO
