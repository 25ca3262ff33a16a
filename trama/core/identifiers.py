"""Identifiers that derive from what they name, so that sending twice cannot make two."""

from hashlib import blake2b


def identifier_of(key: str) -> int:
    """A 128-bit identifier of a text key, never 0 and never all ones. Source: BLAKE2b."""
    number = int.from_bytes(blake2b(key.encode(), digest_size=16).digest(), "big")
    return min(max(number, 1), 2**128 - 2)
