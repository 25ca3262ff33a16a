"""A statement: entries of a holder's money, each with its legs and the sentence that explains."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Leg:
    """A part of an entry: what happened, what it cost (minor units), and why (a sentence)."""

    at_s: int
    title: str
    amount_minor: int
    why: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A journey, a charge, a settlement. `amount_minor` is what the holder paid for all legs.

    `amount_minor` below zero is money the holder received.
    """

    title: str
    amount_minor: int
    legs: Sequence[Leg]
    href: str = ""


@dataclass(frozen=True, slots=True)
class Total:
    """A line of the foot. `is_final` marks the one that counts."""

    label: str
    amount_minor: int
    is_final: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """All of it. `holder` and `period` are texts as they should be read."""

    title: str
    holder: str
    period: str
    entries: Sequence[Entry]
    totals: Sequence[Total]
    currency: str
    timezone: str
    issuer: str = ""
    empty: str = ""
