"""The hash of a batch: over the hash before it and every column of its rows. Pure.

Source: BLAKE2b, 32 bytes; integers as little-endian 64-bit, texts as UTF-8 after their lengths.
"""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

import numpy as np

BEGINNING = bytes(32)
"""What the first batch follows."""


def seal(previous: bytes, columns: Mapping[str, Sequence[Any]]) -> bytes:
    """The batch's hash. `None` counts as zero; columns of one batch have one length."""
    digest = blake2b(previous, digest_size=32)
    for name, values in columns.items():
        digest.update(name.encode())
        if len(values) and isinstance(_first(values), str | bytes | memoryview):
            texts = [_bytes(value) for value in values]
            digest.update(np.fromiter(map(len, texts), "<i8", len(texts)).tobytes())
            digest.update(b"".join(texts))
        else:
            digest.update(_integers(values))
    return digest.digest()


def _first(values: Sequence[Any]) -> object:
    return next((value for value in values if value is not None), None)


def _bytes(value: object) -> bytes:
    if isinstance(value, str):
        return value.encode()
    return b"" if value is None else bytes(value)  # type: ignore[call-overload]


def _integers(values: Sequence[Any]) -> bytes:
    if isinstance(values, np.ndarray):
        return values.astype("<i8", copy=False).tobytes()
    return np.fromiter((value or 0 for value in values), "<i8", len(values)).tobytes()
