import struct

from coin_models.planning.picture import plan_picture
from coin_models.planning.planner import make_plan
from coin_models_tests.planning.builders import request


def size(png: bytes) -> tuple[int, int]:
    """Width and height, from the header that follows PNG's signature."""
    return struct.unpack(">II", png[16:24])


def test_a_plan_is_drawn_as_png_of_the_size_asked_for() -> None:
    plan = make_plan(request(budget_usd=1.0))

    png = plan_picture(plan, dpi=100)

    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert size(png) == (800, 550)


def test_the_same_plan_is_the_same_picture_and_another_plan_another() -> None:
    plan, tighter = make_plan(request()), make_plan(request(budget_usd=0.2))

    first, again, other = (plan_picture(drawn, dpi=50) for drawn in (plan, plan, tighter))

    assert first == again
    assert first != other


def test_a_plan_in_which_nothing_fits_is_drawn_too() -> None:
    assert size(plan_picture(make_plan(request(budget_usd=0.001)), dpi=50)) == (400, 275)
