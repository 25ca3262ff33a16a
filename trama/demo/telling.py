"""Telling a person at a terminal what is going on and how long it took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from django.core.management.base import OutputWrapper

REDRAW_S = 0.1


class Share(Protocol):
    """How far a step has come: `done` of `total`, and of which part of it."""

    def __call__(self, done: int, total: int, part: str = "") -> None: ...


class Teller:
    """One line per step; on a terminal the line shows how far the step has come."""

    def __init__(self, out: OutputWrapper) -> None:
        self._out = out
        self._is_terminal = out.isatty()
        self._drawn_s = 0.0

    def say(self, text: str = "") -> None:
        """A line of its own."""
        self._out.write(text)
        self._out.flush()

    @contextmanager
    def step(self, title: str) -> Iterator[Share]:
        """A step that gets a line when it is done; give `(done, total)` to what it yields."""
        began_s = time.monotonic()
        self._draw(f"  … {title}")

        def share(done: int, total: int, part: str = "") -> None:
            now_s = time.monotonic()
            if total and now_s - self._drawn_s > REDRAW_S:
                self._drawn_s = now_s
                self._draw(f"  … {title} · {part} {100 * done // total} %")

        yield share
        self._draw(f"  ✓ {title} · {time.monotonic() - began_s:.1f} s")
        if self._is_terminal:
            self._out.write("")

    def _draw(self, line: str) -> None:
        if self._is_terminal:
            self._out.write(f"\r\x1b[2K{line}", ending="")
        elif line.startswith("  ✓"):
            self._out.write(line)
        self._out.flush()
