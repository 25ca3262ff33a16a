"""One closing at a time in a home: the lock goes with the process that holds it."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trama.core.refusals import Refused, gettext_noop


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold the lock of `folder`; refuses `closing_is_running` while another process has it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".closing").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused(
                "closing_is_running",
                gettext_noop("Another closing is running."),
                remedy=gettext_noop("Wait for it; its progress is on the page of its day."),
            ) from None
        yield
