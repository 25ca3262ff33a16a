"""Splitting what a journey cost between its legs, in the compiled loop."""

# Machine integers of every width meet here; the compiler knows their types, numpy's stubs do not.
# mypy: disable-error-code="no-any-return,return-value,assignment,arg-type"
# A loop has no keywords to pass. Steps take arrays, not records of arrays: unpacking a record in
# each of them made the compiler ten times slower and the loop five times.
# ruff: noqa: PLR0917

import numpy as np
import numpy.typing as npt

from trama.programmes.mobility.fares.compiler import compiled, inlined
from trama.programmes.mobility.fares.lookups import BY_BOARDING, BY_FIXED_SHARE

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
UInt32 = npt.NDArray[np.uint32]


@compiled
def split_journey(
    how: int,
    weight: Int64,
    operator: Int32,
    fare_minor: Int32,
    programme_minor: Int32,
    rule: UInt32,
    share_minor: Int32,
    begin: int,
    end: int,
) -> None:
    """Share what the legs `begin` to before `end`, one journey on one day, cost together.
    Largest remainder; among equal ones the earliest leg."""
    if how < BY_BOARDING:
        return
    total = np.int64(0)
    weights = np.int64(0)
    for row in range(begin, end):
        total += fare_minor[row] + programme_minor[row]
        weights += _weight(how, weight, operator[row], rule[row])
    left = total
    for row in range(begin, end):
        share = total * _weight(how, weight, operator[row], rule[row]) // weights
        share_minor[row] = share
        left -= share
    last = weights
    last_row = end
    for _ in range(left):
        # The next one in the order of falling remainder, then of legs.
        best = np.int64(-1)
        chosen = end
        for row in range(begin, end):
            each = _weight(how, weight, operator[row], rule[row])
            remainder = total * each % weights
            later = remainder < last or (remainder == last and row > last_row)
            if each > 0 and later and remainder > best:
                best = remainder
                chosen = row
        share_minor[chosen] += 1
        last = best
        last_row = chosen


@inlined
def _weight(how: int, weight: Int64, operator: int, rule: int) -> int:
    if rule == 0:
        return 0
    if how == BY_BOARDING:
        return 1
    return weight[how - BY_FIXED_SHARE, operator]
