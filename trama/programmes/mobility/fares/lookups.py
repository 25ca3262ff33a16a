"""A tariff as look-up tables: every matcher is evaluated once, before the first leg is seen.

A leg is looked up by two numbers. Its *kind* is (route class, medium, category); its *case* adds
the group of operators that the fare rules treat alike. Unknown classes and media have kinds of
their own that no rule matches, so the compiled loop needs no test for them.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from trama.programmes.mobility.fares.rules import CATEGORY_SHIFT
from trama.programmes.mobility.fares.vocabulary import (
    Agreement,
    Cap,
    Category,
    FareRule,
    Measured,
    Programme,
    SplitRule,
    Tariff,
    TransferRule,
    Window,
)

Flags = npt.NDArray[np.bool_]
Int32 = npt.NDArray[np.int32]
NO_LIMIT = int(np.iinfo(np.int32).max)

BY_LEG_PRICE, BY_BOARDING, BY_FIXED_SHARE = 0, 1, 2
"""How a journey-day is split; BY_FIXED_SHARE + n takes the weights of the n-th such split."""


SINGLE, OWN, CODE = range(3)
"""Columns of `Rules.cases`: single fare (-1: no rule), fare after the concession, rule code."""
TO, PROGRAMMES, CAPS = range(3)
"""Columns of `Rules.kinds`: the group this leg is among the targets of transfers; two lists."""
WITHIN_S, FROM_FIRST, AT_MOST, ANY_ROUTE, OFF_BPS, PRICE_MINOR = range(6)
"""Columns of `Rules.transfers`."""
PAYS_BPS, SCHOOL_ONLY, FIRST_COUNT, END_COUNT = range(4)
"""Columns of `Rules.programmes`; its counters are the sums from FIRST_COUNT to END_COUNT."""
DAILY, SEMESTERLY, YEARLY = range(3)


class Rules(NamedTuple):
    """What the compiled loop reads of a tariff: few arrays, for each one costs it compile time.

    `lists[list]` are the rules of a list in the order in which they are tried, then -1. The
    transfers to try are the list `transfers_from[class of the leg before, kinds[kind, TO]]`.
    `limits` are those of `sums_in`: what a cap allows in money, a programme in boardings.
    """

    cases: Int32
    kinds: Int32
    transfers_from: Int32
    lists: Int32
    transfers: npt.NDArray[np.int64]
    programmes: Int32
    limits: Int32


class Places(NamedTuple):
    """Where classes, media, categories and operators stand in the tables."""

    classes: dict[str, int]
    media: dict[str, int]
    categories: dict[str, int]
    operators: dict[str, int]
    kinds_per_class: int
    kinds_per_medium: int
    kinds: int


@lru_cache(maxsize=16)
def rules_in(tariff: Tariff) -> Rules:
    """The look-up tables of `tariff`."""
    single, code = _single_fares(tariff)
    own, code = _concessions(tariff, single, code)
    singles = np.broadcast_to(single[..., None], own.shape)
    froms, group_from, tos, group_to = _transfer_groups(tariff)
    by_priority = _by_priority(tariff.transfers)
    lists = _Lists()
    transfer_list = [[lists.number(come & go, by_priority) for go in tos] for come in froms]
    programmes = _kinds_matched(tariff, tariff.programmes, _classes(tariff.programmes))
    caps = _kinds_matched(tariff, tariff.caps, _classes(tariff.caps))
    kinds = (
        group_to,
        lists.of_columns(programmes, _by_priority(tariff.programmes)),
        lists.of_columns(caps, range(len(tariff.caps))),
    )
    return Rules(
        cases=np.stack([table.reshape(-1) for table in (singles, own, code)], axis=1),
        kinds=np.stack(kinds, axis=1).astype(np.int32),
        transfers_from=np.array(transfer_list, np.int32)[group_from],
        lists=lists.as_array(),
        transfers=_transfers(tariff),
        programmes=_programmes(tariff),
        limits=np.array([limit for _, _, limit in sums_in(tariff)], np.int32),
    )


def sums_in(tariff: Tariff) -> tuple[tuple[str, Cap | int, int], ...]:
    """What is added up for an account: the name of the sum, its period and its limit.

    First what is spent under each cap; then, for each programme that has the limit, its boardings
    of the day, of the semester and of the year (the period is DAILY, SEMESTERLY or YEARLY).
    """
    spent = [(f"spent.{cap.code}", cap, cap.amount_minor) for cap in tariff.caps]
    counts = [
        (f"{name}.{rule.code}", period, limit)
        for rule in tariff.programmes
        for period, (name, limit) in enumerate(_limits(rule))
        if limit is not None
    ]
    return (*spent, *counts)


def _limits(rule: Programme) -> list[tuple[str, int | None]]:
    return [("day", rule.per_day), ("semester", rule.per_semester), ("year", rule.per_year)]


@lru_cache(maxsize=16)
def places_in(tariff: Tariff) -> Places:
    """Where the words of `tariff` stand in its tables; the place after the last is "unknown"."""
    operators = sorted({code for rule in tariff.fares for code in rule.operators})
    # A category without a concession need not be declared to be named by other rules.
    declared = [category.code for category in tariff.categories]
    rules: tuple[TransferRule | Programme | Cap, ...] = (
        *tariff.transfers,
        *tariff.programmes,
        *tariff.caps,
    )
    named = {code for rule in rules for code in rule.categories}
    categories = [*declared, *sorted(named.difference(declared))]
    per_medium = len(categories) + 1
    per_class = per_medium * (len(tariff.media) + 1)
    return Places(
        classes={rule.code: place for place, rule in enumerate(tariff.route_classes)},
        media={medium.code: place for place, medium in enumerate(tariff.media)},
        categories={code: place for place, code in enumerate(categories)},
        operators={code: place for place, code in enumerate(operators)},
        kinds_per_class=per_class,
        kinds_per_medium=per_medium,
        kinds=per_class * (len(tariff.route_classes) + 1),
    )


def split_places(agreement: Agreement | None) -> tuple[tuple[int, dict[str, int]], ...]:
    """For each split of `agreement`: how the loop knows it, and its weights by operator."""
    splits = agreement.splits if agreement else ()
    fixed = 0
    places = []
    for split in splits:
        if split.rule is SplitRule.BY_FIXED_SHARE:
            places.append((BY_FIXED_SHARE + fixed, dict(split.shares)))
            fixed += 1
        else:
            by_boarding = split.rule is SplitRule.BY_BOARDING
            places.append((BY_BOARDING if by_boarding else BY_LEG_PRICE, {}))
    return tuple(places)


def _named(names: Sequence[str], places: dict[str, int], size: int, known: int) -> Flags:
    """Which places a matcher means: those it names, or every known one when it names none."""
    flags = np.zeros(size, np.bool_)
    if names:
        flags[[places[name] for name in names if name in places]] = True
    else:
        flags[:known] = True
    return flags


def _fares_low_to_high(fares: Sequence[FareRule]) -> list[tuple[int, FareRule]]:
    return sorted(enumerate(fares), key=lambda item: (item[1].priority, -item[0]))


def _single_fares(tariff: Tariff) -> tuple[Int32, Int32]:
    """Single fare and rule code by (operator group, class, medium); -1 and 0 where no rule is."""
    places = places_in(tariff)
    shape = (len(places.operators) + 1, len(places.classes) + 1, len(places.media) + 1)
    single = np.full(shape, -1, np.int32)
    code = np.zeros(shape, np.int32)
    for index, rule in _fares_low_to_high(tariff.fares):
        matched = np.ix_(
            # The last group holds the operators that no fare rule names.
            _named(rule.operators, places.operators, shape[0], shape[0]),
            _named(rule.route_classes, places.classes, shape[1], shape[1] - 1),
            _named(rule.media, places.media, shape[2], shape[2] - 1),
        )
        single[matched] = rule.amount_minor
        code[matched] = index + 1
    return single, code


def _concessions(tariff: Tariff, single: Int32, code: Int32) -> tuple[Int32, Int32]:
    """Fare and code with one more axis, the rider's category; its last place is "none"."""
    places = places_in(tariff)
    width = len(places.categories) + 1
    own = np.repeat(single[..., None], width, axis=3)
    codes = np.repeat(code[..., None], width, axis=3)
    for index, category in enumerate(tariff.categories):
        media = _named(category.media, places.media, single.shape[2], single.shape[2] - 1)
        full = single[:, :, media]
        own[:, :, media, index] = np.where(full < 0, full, _conceded(category, full))
        codes[:, :, media, index] |= np.int32((index + 1) << CATEGORY_SHIFT)
    return own, codes


def _conceded(category: Category, full: Int32) -> Int32:
    if category.price_minor is not None:
        return np.minimum(full, category.price_minor).astype(np.int32)
    off = (full.astype(np.int64) * category.discount_bps + 5000) // 10_000
    return (full - off).astype(np.int32)


def _kinds_matched(
    tariff: Tariff,
    rules: Sequence[TransferRule | Programme | Cap],
    classes: Sequence[Sequence[str]],
) -> Flags:
    """Flags by (rule, kind); `classes` names the route classes of each rule."""
    places = places_in(tariff)
    shape = (len(places.classes) + 1, len(places.media) + 1, len(places.categories) + 1)
    matched = np.zeros((len(rules), *shape), np.bool_)
    for index, rule in enumerate(rules):
        of_class = _named(classes[index], places.classes, shape[0], shape[0] - 1)
        of_medium = _named(rule.media, places.media, shape[1], shape[1] - 1)
        of_category = _named(rule.categories, places.categories, shape[2], shape[2])
        matched[index] = of_class[:, None, None] & of_medium[:, None] & of_category
    return matched.reshape(len(rules), places.kinds)


def _by_priority(rules: Sequence[TransferRule | Programme]) -> list[int]:
    return sorted(range(len(rules)), key=lambda index: (-rules[index].priority, index))


class _Lists:
    """Distinct lists of rules, numbered from the empty one."""

    def __init__(self) -> None:
        self.numbers: dict[tuple[int, ...], int] = {(): 0}

    def number(self, flags: Flags, order: Iterable[int]) -> int:
        """The number of the list of the rules that `flags` marks, taken in `order`."""
        items = tuple(rule for rule in order if flags[rule])
        return self.numbers.setdefault(items, len(self.numbers))

    def as_array(self) -> Int32:
        """The lists, one a row, each ended by -1."""
        longest = max(len(items) for items in self.numbers)
        rows = [[*items, *[-1] * (longest + 1 - len(items))] for items in self.numbers]
        return np.array(rows, np.int32)

    def of_columns(self, matched: Flags, order: Sequence[int]) -> Int32:
        """The number of the list of each column of `matched`."""
        distinct, column = _distinct_columns(matched)
        return np.array([self.number(flags, order) for flags in distinct], np.int32)[column]


def _distinct_columns(flags: Flags) -> tuple[Flags, Int32]:
    """The distinct columns of `flags`, as rows, and which of them each column is."""
    distinct, column = np.unique(flags, axis=1, return_inverse=True)
    return np.ascontiguousarray(distinct.T), column.reshape(-1).astype(np.int32)


def _transfer_groups(tariff: Tariff) -> tuple[Flags, Int32, Flags, Int32]:
    """Classes that transfers come from alike, kinds that they go to alike, and who is in which."""
    rules = tariff.transfers
    places = places_in(tariff)
    size = len(places.classes) + 1
    froms = [_named(rule.from_classes, places.classes, size, size - 1) for rule in rules]
    tos = _kinds_matched(tariff, rules, [rule.to_classes for rule in rules])
    from_flags = np.array(froms, np.bool_).reshape(len(rules), size)
    return *_distinct_columns(from_flags), *_distinct_columns(tos)


def _classes(rules: Sequence[Programme | Cap]) -> list[tuple[str, ...]]:
    return [rule.route_classes for rule in rules]


def _transfers(tariff: Tariff) -> npt.NDArray[np.int64]:
    rows = [
        (
            rule.window_s - (rule.window is Window.STRICT),
            rule.measured is Measured.FIRST,
            rule.max_transfers,
            rule.same_route,
            rule.discount_bps or 0,
            _limit(rule.price_minor),
        )
        for rule in tariff.transfers
    ]
    return np.array(rows, np.int64).reshape(len(rows), PRICE_MINOR + 1)


def _programmes(tariff: Tariff) -> Int32:
    rows = []
    first = len(tariff.caps)
    for rule in tariff.programmes:
        end = first + sum(limit is not None for _, limit in _limits(rule))
        rows.append((rule.pays_bps, rule.school_days_only, first, end))
        first = end
    return np.array(rows, np.int32).reshape(len(rows), END_COUNT + 1)


def _limit(value: int | None) -> int:
    return NO_LIMIT if value is None else value
