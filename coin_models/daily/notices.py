"""What people are told, and when: looks at the tables, posts what is new to the outbox, delivers what is due.

Belongs here: which facts are worth a message. Not here: words (reporting/notifications/messages.py), channels, the outbox.

It looks at what is, not at what just happened: a machine that was killed tells nobody, but the next look finds its session.
Event keys make that harmless: an event that was told is not told again. Without a channel nothing is looked at.
"""

import logging

logger = logging.getLogger(__name__)
