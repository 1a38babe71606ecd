"""Shapes of inline SVG."""

from xml.etree import ElementTree as ET

from coin_models.reporting.report.svg import Scale, box, dot, line, path, picture, text


def test_a_scale_keeps_what_lies_beyond_it_at_its_ends() -> None:
    scale = Scale(low=0, high=10, start=100, end=200)

    assert (scale(5), scale(-3), scale(30)) == (150, 100, 200)
    assert Scale(low=1, high=1, start=0, end=10)(1) == 5


SVG = "{http://www.w3.org/2000/svg}"


def drawn(*parts: str) -> ET.Element:
    return ET.fromstring(picture(100, 50, "A picture", parts))  # noqa: S314 - our own


def test_a_picture_has_its_size_and_its_title_for_screen_readers() -> None:
    root = ET.fromstring(picture(100.25, 50, "1 < 2", [], style=".a{}"))  # noqa: S314 - our own

    assert (root.get("viewBox"), root.get("aria-label")) == ("0 0 100.2 50", "1 < 2")
    assert [child.text for child in root] == ["1 < 2", ".a{}"]


def test_words_from_data_are_escaped_in_labels_and_hints() -> None:
    root = drawn(text(1, 2, "<b>&"), dot(1, 2, 3, "good", hint="<i>"), box(1, 2, 3, 4, "bad", hint='"'))

    assert [element.text for element in root.iter(f"{SVG}text")] == ["<b>&"]
    assert [element.text for element in root.iter(f"{SVG}title")] == ["A picture", "<i>", '"']


def test_a_box_is_never_narrower_than_nothing() -> None:
    (element,) = drawn(box(5, 5, -3, 4, "good")).iter(f"{SVG}rect")

    assert (element.get("width"), element.get("height")) == ("0", "4")


def test_lines_go_through_their_points() -> None:
    root = drawn(path([(0, 1), (2.25, 3)], "champion"), line(0, 1, 2, 3.5, "axis"))

    assert [element.get("points") for element in root.iter(f"{SVG}polyline")] == ["0,1 2.2,3"]
    assert [element.get("y2") for element in root.iter(f"{SVG}line")] == ["3.5"]
