"""A payment card's number must never be kept: a token stands for it. Source: PCI DSS 4.0, 3.5."""

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# A digit, then 12 to 18 more, each perhaps after a blank or a hyphen.
_SHAPE = r"^\s*[0-9](?:[ -]?[0-9]){12,18}\s*$"
_LIKE_A_CARD = re.compile(_SHAPE)
_INSIDE = re.compile(r"(?<![0-9])[0-9](?:[ -]?[0-9]){12,18}(?![0-9])")
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def looks_like_card_number(text: str) -> bool:
    """13 to 19 digits (blanks and hyphens aside) that pass Luhn's check (ISO/IEC 7812-1)."""
    if not _LIKE_A_CARD.match(text):
        return False
    digits = [int(sign) for sign in reversed(text) if "0" <= sign <= "9"]
    return (sum(digits[::2]) + sum(_DOUBLED[digit] for digit in digits[1::2])) % 10 == 0


def card_numbers_in(texts: pa.Array | pa.ChunkedArray) -> pa.Array:
    """For each string whether it looks like a card number; null is not one. Boolean, no nulls."""
    found = np.zeros(len(texts), dtype=bool)
    suspects = pc.indices_nonzero(pc.fill_null(pc.match_substring_regex(texts, _SHAPE), False))
    if len(suspects):
        said = texts.take(suspects).to_pylist()
        found[suspects.to_numpy()] = [looks_like_card_number(text) for text in said]
    return pa.array(found)


def without_card_numbers(text: str) -> str:
    """`text` with all but the last four digits of anything like a card number struck out."""
    return _INSIDE.sub(
        lambda found: (
            "*" * 12 + found[0].rstrip()[-4:] if looks_like_card_number(found[0]) else found[0]
        ),
        text,
    )
