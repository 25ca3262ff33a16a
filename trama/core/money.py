"""Money is an integer number of minor units of one currency. Never a float."""

from collections.abc import Sequence
from dataclasses import dataclass

MINOR_DIGITS = {"MXN": 2, "BRL": 2, "USD": 2, "EUR": 2, "COP": 2, "CLP": 0, "PEN": 2, "GBP": 2}


@dataclass(frozen=True, slots=True)
class Money:
    """`minor` units of `currency` (ISO 4217 alphabetic code)."""

    minor: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        if self.currency != other.currency:
            raise ValueError(f"cannot add {other.currency} to {self.currency}")
        return Money(self.minor + other.minor, self.currency)

    def __str__(self) -> str:
        return f"{decimal_text(self.minor, self.currency)} {self.currency}"


def decimal_text(minor: int, currency: str) -> str:
    """`1425` of MXN as `14.25`: a point, no grouping; pages format by language instead."""
    digits = MINOR_DIGITS.get(currency, 2)
    if digits == 0:
        return str(minor)
    sign = "-" if minor < 0 else ""
    whole, rest = divmod(abs(minor), 10**digits)
    return f"{sign}{whole}.{rest:0{digits}d}"


def split_exactly(total_minor: int, weights: Sequence[int]) -> list[int]:
    """Split by the largest remainder; ties go to the earliest weight. Sums to `total_minor`.

    Weights are integers >= 0 with a sum above zero; a negative total is split like its mirror.
    Source: Hamilton's method of apportionment.
    """
    if total_minor < 0:
        return [-part for part in split_exactly(-total_minor, weights)]
    whole = sum(weights)
    if whole <= 0 or any(weight < 0 for weight in weights):
        raise ValueError("weights must be >= 0 and not all zero")
    parts = [total_minor * weight // whole for weight in weights]
    by_remainder = sorted(
        range(len(weights)), key=lambda i: (-(total_minor * weights[i] % whole), i)
    )
    for i in by_remainder[: total_minor - sum(parts)]:
        parts[i] += 1
    return parts
