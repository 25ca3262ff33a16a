"""The state of one account in the compiled loop: taken up, moved on in time, handed on."""

# Machine integers of every width meet here; the compiler knows their types, numpy's stubs do not.
# mypy: disable-error-code="no-any-return,return-value,assignment,arg-type"
# A loop has no keywords to pass. Steps take arrays, not records of arrays: unpacking a record in
# each of them made the compiler ten times slower and the loop five times.
# ruff: noqa: PLR0917

import numpy as np
import numpy.typing as npt

from trama.programmes.mobility.fares.arrays import (
    BOARDED,
    FIRST,
    FROM,
    LINE,
    MADE,
    OLD_SPAN,
    PREVIOUS,
    SPAN,
)
from trama.programmes.mobility.fares.carry import (
    ACCOUNT,
    CLASS,
    FIRST_S,
    NO_ROUTE,
    PREVIOUS_S,
    ROUTE,
    SUMS,
    TRANSFERS,
)
from trama.programmes.mobility.fares.compiler import inlined
from trama.programmes.mobility.fares.local_time import DAY
from trama.programmes.mobility.fares.lookups import AT_MOST, FROM_FIRST, WITHIN_S

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]


@inlined
def clear(no_class: int, now: Int64, sums: Int32) -> None:
    """Take up an account that nothing was handed on for."""
    now[PREVIOUS] = 0
    now[FIRST] = 0
    now[MADE] = 0
    now[FROM] = no_class
    now[LINE] = NO_ROUTE
    now[BOARDED] = -1
    for place in range(sums.size):
        sums[place] = 0


@inlined
def load(
    instants: Int64, numbers: Int32, place: int, begins_s: Int64, now: Int64, sums: Int32
) -> None:
    """Take up the account whose state is at `place`."""
    now[PREVIOUS] = instants[PREVIOUS_S, place]
    now[FIRST] = instants[FIRST_S, place]
    now[MADE] = numbers[TRANSFERS, place]
    now[FROM] = numbers[CLASS, place]
    now[LINE] = numbers[ROUTE, place]
    now[OLD_SPAN] = span_of(now[PREVIOUS], begins_s, now[OLD_SPAN])
    now[SPAN] = now[OLD_SPAN]
    now[BOARDED] = -1
    for row in range(sums.size):
        sums[row] = numbers[SUMS + row, place]


@inlined
def save(
    account: int, instants: Int64, numbers: Int32, place: int, now: Int64, sums: Int32
) -> None:
    """Hand on the account's state, at `place`."""
    instants[ACCOUNT, place] = account
    instants[PREVIOUS_S, place] = now[PREVIOUS]
    instants[FIRST_S, place] = now[FIRST]
    numbers[TRANSFERS, place] = now[MADE]
    numbers[CLASS, place] = now[FROM]
    numbers[ROUTE, place] = now[LINE]
    for row in range(sums.size):
        numbers[SUMS + row, place] = sums[row]


@inlined
def end_journey(no_class: int, at_s: int, now: Int64) -> None:
    """Forget the journey in progress: the state is as of `at_s`."""
    now[FROM] = no_class
    now[MADE] = 0
    now[LINE] = NO_ROUTE
    now[PREVIOUS] = at_s


@inlined
def is_nothing(no_class: int, now: Int64, sums: Int32) -> bool:
    """Whether the account has no journey in progress and no sum."""
    left = now[FROM] - no_class
    for place in range(sums.size):
        left |= sums[place]
    return left == 0


@inlined
def may_continue(
    at_s: int, transfers_from: Int32, lists: Int32, transfers: Int64, now: Int64
) -> bool:
    """Whether some leg at `at_s` or later could still continue the journey in progress."""
    for to in range(transfers_from.shape[1]):
        tried = transfers_from[now[FROM], to]
        place = 0
        while lists[tried, place] >= 0:
            if in_time(lists[tried, place], at_s, transfers, now):
                return True
            place += 1
    return False


@inlined
def in_time(rule: int, at_s: int, transfers: Int64, now: Int64) -> bool:
    """Whether a transfer rule still holds at `at_s` for the journey in progress."""
    since_s = now[FIRST] if transfers[rule, FROM_FIRST] else now[PREVIOUS]
    soon = at_s - since_s <= transfers[rule, WITHIN_S]
    return soon and now[MADE] < transfers[rule, AT_MOST]


@inlined
def enter(span: int, days: Int32, periods: Int32, now: Int64, sums: Int32) -> bool:
    """Move the account's state on to `span`: sums of periods that are over become zero.
    Whether it is still the same service day."""
    was = np.uintp(now[SPAN])
    if span == was:
        return True
    now[SPAN] = span
    for place in range(sums.size):
        if periods[span, place] != periods[was, place]:
            sums[place] = 0
    return days[span, DAY] == days[was, DAY]


@inlined
def span_of(at_s: int, begins_s: Int64, guess: int) -> int:
    """The span of an instant; `guess` is tried first."""
    first = np.uintp(guess)
    if begins_s[first] <= at_s < begins_s[first + np.uintp(1)]:
        return guess
    low = 0
    high = begins_s.size
    while high - low > 1:
        middle = (low + high) // 2
        if begins_s[middle] <= at_s:
            low = middle
        else:
            high = middle
    return low
