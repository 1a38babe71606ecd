"""Sends a message past the outbox, where the database that holds it is what failed: once a day and cause on each machine.

A file in this machine's temporary folder remembers what was sent: a supervisor repeats the command each minute.
"""

import hashlib
import logging
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from coin_models.private_files import FILE_MODE, make_private_folder
from coin_models.reporting.notifications.channels import Channel, ChannelError
from coin_models.reporting.notifications.messages import Message
from coin_models.reporting.notifications.rendering import render

_logger = logging.getLogger(__name__)
_FOLDER: Final = "coin_models-sent"


def send_once(message: Message, channels: Sequence[Channel], *, home: Path, folder: Path | None = None) -> int:
    """Sends the message to each channel that takes it, unless this machine has; returns how many took it.

    Args:
        message: its event's key says what is the same message.
        channels: where to.
        home: two homes on one machine have their own messages.
        folder: of the notes; default: of this user in the machine's temporary folder.
    """
    notes = folder or Path(tempfile.gettempdir()) / f"{_FOLDER}-{os.getuid()}"
    num_sent = 0
    for channel in channels:
        note = notes / hashlib.sha256(f"{home}\0{message.event_key}\0{channel.channel_id}".encode()).hexdigest()
        if not channel.takes(message) or note.exists():
            continue
        try:
            channel.send(render(message.title, message.lines, message.severity))
        except ChannelError as error:
            _logger.warning("a message was not delivered", extra={"reason": str(error)})
            continue
        num_sent += 1
        _remember(note)
    return num_sent


def _remember(note: Path) -> None:
    """A temporary folder that cannot be written sends the message again: once too often is better than never."""
    try:
        make_private_folder(note.parent)
        os.close(os.open(note, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, FILE_MODE))
    except OSError as error:
        _logger.warning("what was sent cannot be noted: %s", error)
