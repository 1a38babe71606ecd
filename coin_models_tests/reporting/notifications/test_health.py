"""The state of the channels."""

from coin_models.db.engine import Database
from coin_models.reporting.notifications.channels import RecordingChannel
from coin_models.reporting.notifications.health import channel_health
from coin_models.reporting.notifications.messages import trial_message
from coin_models_tests.reporting.notifications.outboxes import PostOffice


def test_a_channel_that_takes_messages_again_is_no_longer_dead(database: Database, post: PostOffice) -> None:
    post.channels[0].is_down = True
    post.outbox.post(trial_message("a"))
    for _ in range(3):
        post.after(hours=2)
    dead = channel_health(database, post.channels)[0]
    post.channels[0].is_down = False
    post.after(hours=2)

    alive = channel_health(database, post.channels)[0]

    assert (dead.is_dead, dead.num_waiting, dead.most_tries) == (True, 1, 3)
    assert (alive.is_dead, alive.num_waiting, alive.last_delivered_at) == (False, 0, post.clock.now())
    assert alive.to_json()["last_delivered_at"] == "2025-03-02T10:00:00+00:00"


def test_a_channel_without_messages_is_neither_dead_nor_busy(database: Database) -> None:
    (health,) = channel_health(database, [RecordingChannel("new")])

    assert health.to_json() == {
        "label": "new",
        "num_waiting": 0,
        "num_given_up": 0,
        "most_tries": 0,
        "last_delivered_at": None,
        "last_error": None,
        "is_dead": False,
    }


def test_two_failures_are_not_yet_a_dead_channel(database: Database, post: PostOffice) -> None:
    post.channels[0].is_down = True
    post.outbox.post(trial_message("a"))
    post.deliver()
    post.after(hours=2)

    (health,) = channel_health(database, post.channels)

    assert (health.most_tries, health.is_dead, health.last_error) == (2, False, "recording is unavailable")


def test_each_channel_has_its_own_messages(database: Database, post: PostOffice) -> None:
    post.outbox.post(trial_message("a"))

    waiting = [health.num_waiting for health in channel_health(database, [*post.channels, RecordingChannel("other")])]

    assert waiting == [1, 0]
