"""A tariff as look-up tables: every matcher is evaluated once, before the first leg is seen.

A leg is looked up by two numbers. Its *kind* is (route class, medium, category); its *case* adds
the group of operators that the fare rules treat alike. Unknown classes and media have kinds of
their own that no rule matches, so the compiled loop needs no test for them.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

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
NO_LIMIT = np.iinfo(np.int32).max

BY_LEG_PRICE, BY_BOARDING, BY_FIXED_SHARE = 0, 1, 2
"""How a journey-day is split; BY_FIXED_SHARE + n takes the weights of the n-th such split."""


class Rules(NamedTuple):
    """What the compiled loop reads of a tariff. Lists of rules are numbered; list 0 is empty.

    By case: `single_minor` (-1: no fare rule), `own_minor` after the concession, `code`.
    By kind: `group_to`, `programme_list`, `cap_list`. By class: `group_from`.
    A list's rules are `*_rule[*_start[list]:*_start[list + 1]]`, in the order they are tried.
    """

    single_minor: Int32
    own_minor: Int32
    code: npt.NDArray[np.uint32]
    group_from: Int32
    group_to: Int32
    transfer_list: Int32
    transfer_start: Int32
    transfer_rule: Int32
    within_s: npt.NDArray[np.int64]
    from_first: npt.NDArray[np.uint8]
    max_transfers: Int32
    any_route: npt.NDArray[np.uint8]
    transfer_bps: Int32
    transfer_minor: Int32
    programme_list: Int32
    programme_start: Int32
    programme_rule: Int32
    pays_bps: Int32
    room: Int32
    school_only: npt.NDArray[np.uint8]
    cap_list: Int32
    cap_start: Int32
    cap_rule: Int32
    cap_minor: Int32


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
    return Rules(
        single_minor=np.ascontiguousarray(singles).reshape(-1),
        own_minor=own.reshape(-1),
        code=code.reshape(-1),
        **_transfers(tariff),
        **_programmes(tariff),
        **_caps(tariff),
    )


@lru_cache(maxsize=16)
def places_in(tariff: Tariff) -> Places:
    """Where the words of `tariff` stand in its tables; the place after the last is "unknown"."""
    operators = sorted({code for rule in tariff.fares for code in rule.operators})
    per_medium = len(tariff.categories) + 1
    per_class = per_medium * (len(tariff.media) + 1)
    return Places(
        classes={rule.code: place for place, rule in enumerate(tariff.route_classes)},
        media={medium.code: place for place, medium in enumerate(tariff.media)},
        categories={category.code: place for place, category in enumerate(tariff.categories)},
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


def _single_fares(tariff: Tariff) -> tuple[Int32, npt.NDArray[np.uint32]]:
    """Single fare and rule code by (operator group, class, medium); -1 and 0 where no rule is."""
    places = places_in(tariff)
    shape = (len(places.operators) + 1, len(places.classes) + 1, len(places.media) + 1)
    single = np.full(shape, -1, np.int32)
    code = np.zeros(shape, np.uint32)
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


def _concessions(
    tariff: Tariff, single: Int32, code: npt.NDArray[np.uint32]
) -> tuple[Int32, npt.NDArray[np.uint32]]:
    """Fare and code with one more axis, the rider's category; its last place is "none"."""
    places = places_in(tariff)
    width = len(tariff.categories) + 1
    own = np.repeat(single[..., None], width, axis=3)
    codes = np.repeat(code[..., None], width, axis=3)
    for index, category in enumerate(tariff.categories):
        media = _named(category.media, places.media, single.shape[2], single.shape[2] - 1)
        full = single[:, :, media]
        own[:, :, media, index] = np.where(full < 0, full, _conceded(category, full))
        codes[:, :, media, index] |= np.uint32((index + 1) << CATEGORY_SHIFT)
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
    return matched.reshape(len(rules), -1)


def _by_priority(rules: Sequence[TransferRule | Programme]) -> list[int]:
    return sorted(range(len(rules)), key=lambda index: (-rules[index].priority, index))


def _numbered(lists: Sequence[Sequence[int]]) -> tuple[dict[tuple[int, ...], int], Int32, Int32]:
    """Distinct lists, numbered from the empty one: number by list, starts, and all their items."""
    numbers: dict[tuple[int, ...], int] = {(): 0}
    for items in lists:
        numbers.setdefault(tuple(items), len(numbers))
    start = np.cumsum([0, *(len(items) for items in numbers)], dtype=np.int32)
    flat = [item for items in numbers for item in items]
    return numbers, start, np.array(flat, np.int32)


def _lists(matched: Flags, order: Sequence[int]) -> tuple[Int32, Int32, Int32]:
    """For each column of `matched`: the number of its list of rules, taken in `order`."""
    distinct, column = np.unique(matched, axis=1, return_inverse=True)
    lists = [tuple(rule for rule in order if flags[rule]) for flags in distinct.T]
    numbers, start, flat = _numbered(lists)
    number = np.array([numbers[items] for items in lists], np.int32)
    return number[column.reshape(-1)], start, flat


def _transfers(tariff: Tariff) -> dict[str, Any]:
    rules = tariff.transfers
    places = places_in(tariff)
    size = len(places.classes) + 1
    from_flags = np.array(
        [_named(rule.from_classes, places.classes, size, size - 1) for rule in rules], np.bool_
    ).reshape(len(rules), size)
    to_flags = _kinds_matched(tariff, rules, [rule.to_classes for rule in rules])
    froms, group_from = np.unique(from_flags, axis=1, return_inverse=True)
    tos, group_to = np.unique(to_flags, axis=1, return_inverse=True)
    order = _by_priority(rules)
    lists = [[tuple(r for r in order if come[r] and go[r]) for go in tos.T] for come in froms.T]
    numbers, start, flat = _numbered([items for row in lists for items in row])
    strict = [rule.window is Window.STRICT for rule in rules]
    return {
        "group_from": group_from.reshape(-1).astype(np.int32),
        "group_to": group_to.reshape(-1).astype(np.int32),
        "transfer_list": np.array([[numbers[items] for items in row] for row in lists], np.int32),
        "transfer_start": start,
        "transfer_rule": flat,
        "within_s": np.array(
            [rule.window_s - open_ for rule, open_ in zip(rules, strict, strict=True)], np.int64
        ),
        "from_first": np.array([rule.measured is Measured.FIRST for rule in rules], np.uint8),
        "max_transfers": np.array([rule.max_transfers for rule in rules], np.int32),
        "any_route": np.array([rule.same_route for rule in rules], np.uint8),
        "transfer_bps": np.array([rule.discount_bps or 0 for rule in rules], np.int32),
        "transfer_minor": _limits([rule.price_minor for rule in rules]),
    }


def _programmes(tariff: Tariff) -> dict[str, Any]:
    rules = tariff.programmes
    matched = _kinds_matched(tariff, rules, [rule.route_classes for rule in rules])
    number, start, flat = _lists(matched, _by_priority(rules))
    limits = [(rule.per_day, rule.per_semester, rule.per_year) for rule in rules]
    return {
        "programme_list": number,
        "programme_start": start,
        "programme_rule": flat,
        "pays_bps": np.array([rule.pays_bps for rule in rules], np.int32),
        "room": _limits([limit for row in limits for limit in row]).reshape(len(rules), 3),
        "school_only": np.array([rule.school_days_only for rule in rules], np.uint8),
    }


def _caps(tariff: Tariff) -> dict[str, Any]:
    matched = _kinds_matched(tariff, tariff.caps, [cap.route_classes for cap in tariff.caps])
    number, start, flat = _lists(matched, range(len(tariff.caps)))
    return {
        "cap_list": number,
        "cap_start": start,
        "cap_rule": flat,
        "cap_minor": np.array([cap.amount_minor for cap in tariff.caps], np.int32),
    }


def _limits(values: Sequence[int | None]) -> Int32:
    return np.array([NO_LIMIT if value is None else value for value in values], np.int32)
