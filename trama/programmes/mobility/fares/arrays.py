"""The arrays of the compiled loop: what goes in, what comes out, and what it keeps in hand."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from trama.programmes.mobility.fares.carry import Carried

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
UInt8 = npt.NDArray[np.uint8]
UInt32 = npt.NDArray[np.uint32]

PREVIOUS, FIRST, MADE, FROM, LINE, SPAN, JOURNEY, BOARDED, LEG_SPAN, OLD_SPAN = range(10)
NOW = 10
"""Where `State.now` keeps what: instants of the previous and the first boarding, transfers made,
class and route of the last leg, the span its sums are of; the last journey's number, and the one of
the account's last leg in this call; where the last leg and the last state were found in time."""


class Legs(NamedTuple):
    """The columns of the taps, as numbers. A column that no rule reads may be any other column."""

    account: Int64
    at_s: Int64
    route: UInt32
    agency: UInt32
    operator: UInt32
    medium: UInt32
    category: UInt32
    direction: UInt32


KIND, SPLIT, TENDER = range(3)
"""Columns of `Meanings.media`: share of the kind, how journeys are split, multiple tendered."""


class Meanings(NamedTuple):
    """What the numbers of a call's columns mean in the tables, by number."""

    class_of_route: Int32
    class_of_agency: Int32
    media: Int32
    kind_of_category: Int32
    case_of_operator: Int32
    off: UInt8
    weight: Int64
    kinds_per_class: int


class Rows(NamedTuple):
    """The columns of the result, in the order of the legs."""

    journey: Int32
    leg: UInt8
    single_minor: Int32
    fare_minor: Int32
    programme_minor: Int32
    programme: UInt8
    tendered_minor: Int32
    share_minor: Int32
    rule: npt.NDArray[np.uint32]


class Carry(NamedTuple):
    """The states handed to the call, and those that it hands on as of before `ends_at_s` (-1:
    as of the last boarding), which lies in the span `ends_span`. No transfer lasts longer than
    `longest_s`."""

    before: Carried
    after: Carried
    ends_at_s: int
    ends_span: int
    longest_s: int


class Part(NamedTuple):
    """A run of whole accounts: their rows, and their states in `Carry.before`."""

    begin: int
    end: int
    carried_begin: int
    carried_end: int


class State(NamedTuple):
    """One account's state: see PREVIOUS and its neighbours; `sums` as in `Carried.numbers`."""

    now: Int64
    sums: Int32
