"""Splitting what a journey cost between its legs, in the compiled loop."""

# Machine integers of every width meet here; the compiler knows their types, numpy's stubs do not.
# mypy: disable-error-code="no-any-return,return-value,assignment,arg-type"
# A loop has no keywords to pass, and a record for two numbers would hide more than it names.
# ruff: noqa: PLR0917

import numpy as np

from trama.programmes.mobility.fares.arrays import Work
from trama.programmes.mobility.fares.compiler import compiled, inlined
from trama.programmes.mobility.fares.lookups import BY_BOARDING, BY_FIXED_SHARE


@compiled
def split_journey(work: Work, begin: int, end: int) -> None:
    """Share what the legs `begin` to before `end`, one journey on one day, cost together.
    Largest remainder; among equal ones the earliest leg."""
    rows = work.rows
    how = work.meanings.split_of_medium[work.legs.medium[begin]]
    if how < BY_BOARDING:
        return
    total = np.int64(0)
    weights = np.int64(0)
    for row in range(begin, end):
        total += rows.fare_minor[row] + rows.programme_minor[row]
        weights += _weight(work, how, row)
    left = total
    for row in range(begin, end):
        share = total * _weight(work, how, row) // weights
        rows.share_minor[row] = share
        left -= share
    remainder = weights
    row = end
    for _ in range(left):
        remainder, row = _next_remainder(work, how, begin, end, total, weights, remainder, row)
        rows.share_minor[row] += 1


@compiled
def _next_remainder(
    work: Work,
    how: int,
    begin: int,
    end: int,
    total: int,
    weights: int,
    last: int,
    last_row: int,
) -> tuple[int, int]:
    """What comes after (`last`, `last_row`) in the order of falling remainder, then of legs."""
    best = np.int64(-1)
    chosen = end
    for row in range(begin, end):
        weight = _weight(work, how, row)
        remainder = total * weight % weights
        later = remainder < last or (remainder == last and row > last_row)
        if weight > 0 and later and remainder > best:
            best = remainder
            chosen = row
    return best, chosen


@inlined
def _weight(work: Work, how: int, row: int) -> int:
    if work.rows.rule[row] == 0:
        return 0
    if how == BY_BOARDING:
        return 1
    return work.meanings.weight[how - BY_FIXED_SHARE, work.legs.operator[row]]
