"""When what waits for a place is released, and how often at most."""

from datetime import timedelta

from coin_models.operations.place_watch import PlaceWatch
from coin_models_tests.operations.repositories import Books


def watch_over(books: Books) -> PlaceWatch:
    return PlaceWatch(books.database, books.leases, first_seconds=30.0, most_seconds=120.0)


def test_a_release_is_known_to_every_process(books: Books) -> None:
    watch, other = watch_over(books), watch_over(books)

    assert other.answered_at() is None
    assert watch.release(books.clock.now())
    assert other.answered_at() == books.clock.now()


def test_releases_of_what_fails_all_the_same_are_further_and_further_apart(books: Books) -> None:
    watch, began, released = watch_over(books), books.clock.now(), []
    for _ in range(60):
        if watch.release(books.clock.now()):
            released.append((books.clock.now() - began).total_seconds())
        books.wait(10)

    # Pauses of 30, 60, 120 and from then on 120 s.
    assert released == [0, 30, 90, 210, 330, 450, 570]


def test_a_release_that_is_refused_changes_nothing(books: Books) -> None:
    watch, began = watch_over(books), books.clock.now()
    watch.release(began)
    books.wait(29)

    assert not watch.release(books.clock.now())
    assert watch.answered_at() == began


def test_after_twice_the_longest_pause_the_next_outage_begins_with_the_shortest(books: Books) -> None:
    watch = watch_over(books)
    for _ in range(40):
        watch.release(books.clock.now())
        books.wait(10)
    books.wait(241)

    assert watch.release(books.clock.now())
    books.clock.advance(timedelta(seconds=30))
    assert watch.release(books.clock.now())
