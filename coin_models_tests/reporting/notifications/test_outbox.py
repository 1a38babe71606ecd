from datetime import timedelta

from coin_models.clock import FixedClock
from coin_models.db.engine import Database
from coin_models.reporting.notifications.channels import RecordingChannel
from coin_models.reporting.notifications.health import channel_health
from coin_models.reporting.notifications.messages import day_late, resumed, trial_message
from coin_models.reporting.notifications.outbox import Outbox
from coin_models.settings.costs import NotifySettings
from coin_models_tests.reporting.notifications.outboxes import DAY, PostOffice, interruption


def test_a_message_is_delivered_once_however_often_it_is_posted_and_delivered(post: PostOffice) -> None:
    first = post.outbox.post(trial_message("a"))
    post.deliver()
    again = post.outbox.post(trial_message("a"))
    post.deliver()

    assert (first, again) == (True, False)
    assert post.titles() == ["A test of coin_models"]


def test_a_burst_of_twenty_interruptions_is_two_messages(post: PostOffice) -> None:
    for number in range(20):
        post.outbox.post(interruption(number))
        post.deliver()
        post.after(minutes=3)

    during = post.titles()
    post.after(minutes=31)
    post.after(hours=5)

    assert during == ["Interrupted on m0"]
    assert post.titles() == ["Interrupted on m0", "19 interruptions"]


def test_a_burst_while_the_channel_is_down_is_one_message(post: PostOffice) -> None:
    post.channels[0].is_down = True
    for number in range(20):
        post.outbox.post(interruption(number))
        post.after(minutes=1)
    post.channels[0].is_down = False

    post.after(hours=1)

    assert post.titles() == ["20 interruptions"]


def test_a_resume_right_after_its_interruption_waits_for_the_end_of_the_burst(post: PostOffice) -> None:
    post.outbox.post(interruption(1))
    post.deliver()
    post.clock.advance(timedelta(minutes=5))
    post.outbox.post(resumed("s2", machine="m2", coins=["BTC"], day=DAY, when="02:15"))

    post.deliver()
    held = post.titles()
    post.after(minutes=30)

    assert held == ["Interrupted on m1"]
    assert post.titles() == ["Interrupted on m1", "Resumed on m2"]


def test_two_interruptions_far_apart_are_two_bursts(post: PostOffice) -> None:
    post.outbox.post(interruption(1))
    post.deliver()
    post.clock.advance(timedelta(minutes=31))
    post.outbox.post(interruption(2))
    post.deliver()

    assert post.titles() == ["Interrupted on m1", "Interrupted on m2"]


def test_a_burst_without_end_is_told_of_again(post: PostOffice) -> None:
    for number in range(60):
        post.outbox.post(interruption(number))
        post.after(minutes=10)

    # the first is told at once; those of minute 10 to 360 twelve times 30 minutes after minute 10
    assert post.titles() == ["Interrupted on m0", "36 interruptions"]


def test_a_burst_does_not_hold_up_other_messages(post: PostOffice) -> None:
    post.outbox.post(interruption(1))
    post.deliver()
    post.outbox.post(interruption(2))
    post.outbox.post(day_late(DAY, missing=["BTC"], deadline="08:00"))
    post.deliver()

    assert post.titles() == ["Interrupted on m1", "2025-03-01 is late"]


def test_a_failed_delivery_waits_twice_as_long_each_time(post: PostOffice) -> None:
    post.channels[0].is_down = True
    post.outbox.post(trial_message("a"))

    failures = [post.deliver().num_failed]
    failures += [post.after(seconds=seconds).num_failed for seconds in (29, 2, 58, 3)]

    # tried at 0 s, again 30 s later, again 60 s after that
    assert failures == [1, 0, 1, 0, 1]


def test_a_message_is_given_up_after_the_attempts_that_the_settings_allow(
    database: Database, clock: FixedClock
) -> None:
    post = PostOffice(database, clock, RecordingChannel(is_down=True), max_attempts=2)
    post.outbox.post(trial_message("a"))

    reports = [post.deliver(), post.after(hours=2), post.after(hours=2)]

    assert [(report.num_failed, report.num_given_up) for report in reports] == [(1, 0), (1, 1), (0, 0)]
    (health,) = channel_health(database, post.channels)
    assert health.is_dead
    assert health.last_error == "recording is unavailable"


def test_a_sender_that_dies_before_it_settles_leaves_the_message_to_the_next(post: PostOffice) -> None:
    post.outbox.post(trial_message("a"))
    abandoned = post.outbox.claim("recording")

    early, late = post.deliver(), post.after(seconds=121)

    assert abandoned is not None
    assert (early.num_delivered, late.num_delivered) == (0, 1)


def test_a_sender_whose_claim_ran_out_cannot_undo_what_another_settled(database: Database, post: PostOffice) -> None:
    post.outbox.post(trial_message("a"))
    slow = post.outbox.claim("recording")
    post.after(seconds=121)

    assert slow is not None
    post.outbox.failed(slow, "too late")

    assert post.after(hours=1).num_delivered == 0
    assert channel_health(database, post.channels)[0].num_waiting == 0


def test_without_channels_nothing_is_owed(database: Database, clock: FixedClock) -> None:
    outbox = Outbox(database, clock, NotifySettings(), channels=[])

    assert outbox.post(trial_message("a")) is False
