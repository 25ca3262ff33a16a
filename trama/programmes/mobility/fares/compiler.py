"""How the compiled loops are compiled: without the interpreter lock, and kept between processes."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

config: Any = numba.config
Loop = TypeVar("Loop", bound=Callable[..., Any])

if not config.CACHE_DIR:
    # An installed package may lie where nobody can write, and a checkout should stay clean.
    _cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    config.CACHE_DIR = str(Path(_cache) / "trama" / "compiled")


def compiled(loop: Loop) -> Loop:
    """Compile `loop` to machine code at its first call; later processes load it from the cache."""
    return cast(Loop, numba.njit(nogil=True, cache=True)(loop))


def inlined(step: Loop) -> Loop:
    """Compile `step` into the loops that call it: a call would copy the address of every table."""
    return cast(Loop, numba.njit(nogil=True, forceinline=True)(step))
