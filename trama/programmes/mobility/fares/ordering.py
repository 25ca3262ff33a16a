"""Rows in the order in which they are priced: by account, then instant, then as they were given.

Rows without an account come last. A loop that follows an index into unordered rows waits for
memory at every step (six times slower), so columns are laid out in order first.
"""

import numpy as np
import numpy.typing as npt

from trama.programmes.mobility.fares.compiler import allocating, compiled

Int64 = npt.NDArray[np.int64]
SPARSE = 4
INSERTION = 64


@compiled
def is_ordered(account: Int64, at_s: Int64) -> bool:
    """Whether rows are in order already; as unsigned numbers, -1 is the last account."""
    for row in range(1, account.size):
        before = np.uint64(account[row - 1])
        here = np.uint64(account[row])
        late = before == here and account[row] >= 0 and at_s[row] < at_s[row - 1]
        if here < before or late:
            return False
    return True


def order_of(account: Int64, at_s: Int64) -> Int64:
    """Row numbers in order. `account` is -1 or more."""
    first, last = int(account.min()), int(account.max())
    if last - max(first, 0) > SPARSE * account.size + 1024:
        known, dense = np.unique(account, return_inverse=True)
        dense = dense.astype(np.int64) - (1 if known[0] < 0 else 0)
        return _counted(dense, at_s, 0, known.size)
    lowest = max(first, 0)
    return _counted(account, at_s, lowest, last - lowest + 1)


@allocating
def _counted(account: Int64, at_s: Int64, lowest: int, accounts: int) -> Int64:
    # A counting sort by account; the slot after the last holds the rows without one.
    starts = np.zeros(max(accounts, 0) + 2, np.int64)
    for row in range(account.size):
        slot = account[row] - lowest if account[row] >= 0 else accounts
        starts[slot + 1] += 1
    for slot in range(1, starts.size):
        starts[slot] += starts[slot - 1]
    order = np.empty(account.size, np.int64)
    for row in range(account.size):
        slot = account[row] - lowest if account[row] >= 0 else accounts
        order[starts[slot]] = row
        starts[slot] += 1
    begin = 0
    for slot in range(accounts):
        _by_instant(order, at_s, begin, starts[slot])
        begin = starts[slot]
    return order


@allocating
def _by_instant(order: Int64, at_s: Int64, begin: int, end: int) -> None:
    if end - begin > INSERTION:
        instants = at_s[order[begin:end]]
        order[begin:end] = order[begin:end][np.argsort(instants, kind="mergesort")]
        return
    for here in range(begin + 1, end):
        row = order[here]
        gap = here
        while gap > begin and at_s[order[gap - 1]] > at_s[row]:
            order[gap] = order[gap - 1]
            gap -= 1
        order[gap] = row
