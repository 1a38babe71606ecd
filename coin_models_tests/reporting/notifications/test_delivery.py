"""Delivery of what is due, channel by channel."""

import threading

from sqlalchemy import create_engine

from coin_models.clock import FixedClock
from coin_models.db.engine import Database
from coin_models.reporting.notifications.channels import RecordingChannel
from coin_models.reporting.notifications.delivery import deliver_due
from coin_models.reporting.notifications.messages import trial_message
from coin_models.reporting.notifications.outbox import Outbox
from coin_models.settings.costs import NotifySettings
from coin_models_tests.reporting.notifications.outboxes import PostOffice


def test_every_channel_gets_the_message_and_a_dead_one_holds_up_none(database: Database, clock: FixedClock) -> None:
    dead, alive = RecordingChannel("dead", is_down=True), RecordingChannel("alive")
    post = PostOffice(database, clock, dead, alive)
    post.outbox.post(trial_message("a"))

    report = post.deliver()
    dead.is_down = False
    post.after(seconds=31)

    assert (report.num_delivered, report.num_failed, report.problems) == (1, 1, ("dead is unavailable",))
    assert (len(dead.sent), len(alive.sent)) == (1, 1)


def test_senders_at_the_same_time_deliver_each_message_once(database: Database, clock: FixedClock) -> None:
    post = PostOffice(database, clock)
    for number in range(12):
        post.outbox.post(trial_message(str(number)))

    senders = [threading.Thread(target=post.deliver) for _ in range(4)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()

    assert len(post.titles()) == 12


def test_a_database_that_is_gone_never_fails_who_posts(clock: FixedClock) -> None:
    empty = Database(create_engine("sqlite://"), patience_seconds=0.0)
    outbox = Outbox(empty, clock, NotifySettings(), channels=[RecordingChannel()])

    posted = outbox.post_or_log(trial_message("a"))
    report = deliver_due(outbox, [RecordingChannel()])
    empty.close()

    assert posted is False
    assert report.num_delivered == 0
    assert len(report.problems) == 1


def test_a_pass_sends_no_more_messages_than_it_may(post: PostOffice) -> None:
    for number in range(5):
        post.outbox.post(trial_message(str(number)))

    passes = [deliver_due(post.outbox, post.channels, max_messages=2).num_delivered for _ in range(4)]

    assert passes == [2, 2, 1, 0]
