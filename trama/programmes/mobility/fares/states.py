"""The state of one account in the compiled loop: taken up, moved on in time, handed on."""

# Machine integers of every width meet here; the compiler knows their types, numpy's stubs do not.
# mypy: disable-error-code="no-any-return,return-value,assignment,arg-type"

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
    State,
    Work,
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
    Carried,
)
from trama.programmes.mobility.fares.compiler import inlined
from trama.programmes.mobility.fares.local_time import Spans
from trama.programmes.mobility.fares.lookups import AT_MOST, FROM_FIRST, WITHIN_S, Rules

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]


@inlined
def clear(rules: Rules, state: State) -> None:
    """Take up an account that nothing was handed on for."""
    state.now[PREVIOUS] = 0
    state.now[FIRST] = 0
    state.now[MADE] = 0
    state.now[FROM] = rules.group_from.size - 1
    state.now[LINE] = NO_ROUTE
    state.now[BOARDED] = -1
    state.sums[:] = 0


@inlined
def load(before: Carried, place: int, spans: Spans, state: State) -> None:
    """Take up an account whose state is at `place` in `before`."""
    now = state.now
    now[PREVIOUS] = before.instants[PREVIOUS_S, place]
    now[FIRST] = before.instants[FIRST_S, place]
    now[MADE] = before.numbers[TRANSFERS, place]
    now[FROM] = before.numbers[CLASS, place]
    now[LINE] = before.numbers[ROUTE, place]
    now[OLD_SPAN] = span_of(now[PREVIOUS], spans, now[OLD_SPAN])
    now[SPAN] = now[OLD_SPAN]
    now[BOARDED] = -1
    for sum_ in range(state.sums.size):
        state.sums[sum_] = before.numbers[SUMS + sum_, place]


@inlined
def hand_on(work: Work, account: int, state: State, after: Carried, place: int) -> int:
    """Write the account's state to `after`, at `place`; the next free place."""
    now = state.now
    if now[PREVIOUS] < work.ends_at_s:
        enter(work.ends_span, work.spans, state)
        if not _may_continue(work.rules, now, work.ends_at_s):
            now[FROM] = work.rules.group_from.size - 1
            now[MADE] = 0
            now[LINE] = NO_ROUTE
            now[PREVIOUS] = work.ends_at_s - 1
    if now[FROM] == work.rules.group_from.size - 1 and not state.sums.any():
        return place
    after.instants[ACCOUNT, place] = account
    after.instants[PREVIOUS_S, place] = now[PREVIOUS]
    after.instants[FIRST_S, place] = now[FIRST]
    after.numbers[TRANSFERS, place] = now[MADE]
    after.numbers[CLASS, place] = now[FROM]
    after.numbers[ROUTE, place] = now[LINE]
    for sum_ in range(state.sums.size):
        after.numbers[SUMS + sum_, place] = state.sums[sum_]
    return place + 1


@inlined
def _may_continue(rules: Rules, now: Int64, at_s: int) -> bool:
    """Whether some leg at `at_s` or later could still continue the journey in progress."""
    group = rules.group_from[now[FROM]]
    for to in range(rules.transfer_list.shape[1]):
        tried = rules.transfer_list[group, to]
        for place in range(rules.list_start[tried], rules.list_start[tried + 1]):
            if in_time(rules.list_rule[place], at_s, rules.transfers, now):
                return True
    return False


@inlined
def in_time(rule: int, at_s: int, transfers: Int64, now: Int64) -> bool:
    """Whether a transfer rule still holds at `at_s` for the journey in progress."""
    since_s = now[FIRST] if transfers[rule, FROM_FIRST] else now[PREVIOUS]
    soon = at_s - since_s <= transfers[rule, WITHIN_S]
    return soon and now[MADE] < transfers[rule, AT_MOST]


@inlined
def enter(span: int, spans: Spans, state: State) -> bool:
    """Move the account's state on to `span`: sums of periods that are over become zero.
    Whether it is still the same service day."""
    was = state.now[SPAN]
    if span == was:
        return True
    state.now[SPAN] = span
    for place in range(state.sums.size):
        if spans.periods[span, place] != spans.periods[was, place]:
            state.sums[place] = 0
    return spans.day[span] == spans.day[was]


@inlined
def span_of(at_s: int, spans: Spans, guess: int) -> int:
    """The span of an instant; `guess` is tried first."""
    if spans.begins_s[guess] <= at_s < spans.begins_s[guess + 1]:
        return guess
    return np.searchsorted(spans.begins_s, at_s, side="right") - 1
