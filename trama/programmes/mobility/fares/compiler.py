"""How the compiled loops are compiled: without the interpreter lock, and kept between processes."""

import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

config: Any = numba.config
Loop = TypeVar("Loop", bound=Callable[..., Any])


def _cache_folder() -> str:
    """Where machine code is kept: by the sources it was made of, for the compiler looks only at
    the file of the outermost loop, and an upgrade must not run yesterday's inner ones."""
    here = Path(__file__).parent
    sources = sha256(b"".join(path.read_bytes() for path in sorted(here.glob("*.py"))))
    # An installed package may lie where nobody can write, and a checkout should stay clean.
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return str(Path(home) / "trama" / "compiled" / sources.hexdigest()[:16])


if not config.CACHE_DIR:
    config.CACHE_DIR = _cache_folder()


def compiled(loop: Loop) -> Loop:
    """Compile `loop` to machine code at its first call; later processes load it from the cache.

    The arrays belong to the caller: nothing is allocated or counted inside, which would be most of
    the time. Division by zero is not looked for.
    """
    options: Any = {"nogil": True, "error_model": "numpy", "_nrt": False}
    return cast(Loop, numba.njit(cache=True, **options)(loop))


def inlined(step: Loop) -> Loop:
    """Compile `step` into the loops that call it."""
    options: Any = {"nogil": True, "error_model": "numpy", "_nrt": False}
    return cast(Loop, numba.njit(forceinline=True, **options)(step))


def allocating(loop: Loop) -> Loop:
    """Like `compiled`, for a loop that makes arrays."""
    return cast(Loop, numba.njit(nogil=True, cache=True)(loop))
