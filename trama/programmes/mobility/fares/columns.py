"""Arrow columns as numbers: what the compiled loop reads of a table of taps."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trama.core.refusals import Refused, gettext_noop
from trama.programmes.mobility.fares.arrays import KIND, Legs, Meanings
from trama.programmes.mobility.fares.local_time import LATEST_S
from trama.programmes.mobility.fares.lookups import (
    BY_FIXED_SHARE,
    SINGLE,
    places_in,
    rules_in,
    split_places,
)
from trama.programmes.mobility.fares.route_classes import is_pattern
from trama.programmes.mobility.fares.vocabulary import (
    NO_ACCOUNT,
    Agreement,
    RouteClass,
    SplitRule,
    Tariff,
)

Int32 = npt.NDArray[np.int32]
Integers = npt.NDArray[np.int64]
Texts = list[str | None]
OFF = "off"
_TEXT = pa.dictionary(pa.int32(), pa.string())


@dataclass(frozen=True, slots=True)
class Numbered:
    """A text column: `numbers[row]` is a place in `texts`; the last place is None."""

    numbers: Int32
    texts: Texts


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a table of taps that a tariff and an agreement need."""

    legs: Legs
    texts: dict[str, Texts]


def columns_of(taps: pa.Table, tariff: Tariff, agreement: Agreement | None) -> Columns:
    """Check `taps` and number its texts. `ValueError` names a missing column or a bad value."""
    account = _integers(taps, "account")
    at_s = _integers(taps, "tapped_at_s")
    if account.size and account.min() < NO_ACCOUNT:
        raise ValueError(f"account {account.min()}: accounts are {NO_ACCOUNT} (none) or more")
    if at_s.size and not 0 <= at_s.min() <= at_s.max() < LATEST_S:
        raise ValueError("tapped_at_s must be epoch seconds from 1970 to before 2242")
    medium = _numbered(taps, "medium")
    read = _columns_read(tariff, agreement)
    columns = {name: _numbered(taps, name) for name in read if name in taps.column_names}
    missing = read - {"category", "direction"} - columns.keys()
    if missing:
        raise ValueError(f"the taps have no column {sorted(missing)}, which the tariff reads")
    columns["medium"] = medium
    texts = {name: column.texts for name, column in columns.items()}
    # A column that nothing reads is another name for one that is read anyway.
    numbers = [columns.get(name, medium).numbers for name in Legs._fields[2:]]
    return Columns(legs=read_only(account, at_s, numbers), texts=texts)


def read_only(account: Integers, at_s: Integers, numbers: Iterable[npt.NDArray[Any]]) -> Legs:
    """The columns of `Legs`, none of them writable: Arrow's are not, and the loop is compiled once.

    Numbers are unsigned: a signed index may count from the end, which costs a test each time.
    """
    views: list[npt.NDArray[Any]] = [account.view(), at_s.view()]
    views += [column.view(np.uint32) for column in numbers]
    for view in views:
        view.flags.writeable = False
    return Legs._make(views)


def _columns_read(tariff: Tariff, agreement: Agreement | None) -> set[str]:
    by_operator = any(rule.operators for rule in tariff.fares) or any(
        split.rule is SplitRule.BY_FIXED_SHARE for split in (agreement.splits if agreement else ())
    )
    by_route = any(rule.routes for rule in tariff.route_classes) or compares_routes(tariff)
    read = {
        "route": by_route,
        "agency": any(rule.agencies for rule in tariff.route_classes),
        "operator": by_operator,
        "category": bool(places_in(tariff).categories),
        "direction": True,
    }
    return {name for name, is_read in read.items() if is_read}


def compares_routes(tariff: Tariff) -> bool:
    """Whether a transfer rule asks for another route than that of the leg before."""
    return any(not rule.same_route for rule in tariff.transfers)


def _integers(taps: pa.Table, name: str) -> Integers:
    if name not in taps.column_names:
        raise ValueError(f"the taps have no column {name}")
    column = taps[name]
    if not pa.types.is_integer(column.type) or column.null_count:
        raise ValueError(f"{name} must be whole numbers without nulls, not {column.type}")
    return np.asarray(column.to_numpy(), np.int64)


def _numbered(taps: pa.Table, name: str) -> Numbered:
    if name not in taps.column_names:
        raise ValueError(f"the taps have no column {name}")
    column = taps[name]
    if pa.types.is_null(column.type):
        column = column.cast(pa.string())
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    if not pa.types.is_string(column.type.value_type):
        raise ValueError(f"{name} must be text, not {column.type}")
    if column.num_chunks != 1:
        column = column.unify_dictionaries().combine_chunks()
    array = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
    texts: Texts = [*array.dictionary.to_pylist(), None]
    indices = array.indices
    if indices.null_count:
        indices = indices.fill_null(len(texts) - 1)
    return Numbered(np.asarray(indices.to_numpy(zero_copy_only=False), np.int32), texts)


def meanings_of(columns: Columns, tariff: Tariff, agreement: Agreement | None) -> Meanings:
    """What the numbers of a call mean in the tables of `tariff` and `agreement`."""
    places = places_in(tariff)
    classes = classes_in(tariff)
    media = columns.texts["medium"]
    unread: Texts = [None] * len(media)
    texts = {name: columns.texts.get(name, unread) for name in Legs._fields[2:]}
    cash = {
        rule.medium: 1 if rule.gives_change else rule.tender_multiple_minor for rule in tariff.cash
    }
    return Meanings(
        class_of_route=_table([classes.of_route(route) for route in texts["route"]]),
        class_of_agency=_table([classes.of_agency(agency) for agency in texts["agency"]]),
        media=np.stack(
            [
                _table([places.media.get(m or "", len(places.media)) for m in media])
                * np.int32(places.kinds_per_medium),
                _splits(columns, tariff, agreement),
                _table([cash.get(m or "", 1) for m in media]),
            ],
            axis=1,
        ),
        kind_of_category=_table(
            [places.categories.get(c or "", len(places.categories)) for c in texts["category"]]
        ),
        case_of_operator=_table(
            [
                places.operators.get(o or "", len(places.operators)) * places.kinds
                for o in texts["operator"]
            ]
        ),
        off=np.array([text == OFF for text in texts["direction"]], np.uint8),
        weight=_weights(columns, agreement),
        kinds_per_class=places.kinds_per_class,
    )


def _table(values: list[int]) -> Int32:
    return np.array(values, np.int32)


class Classes:
    """The class of a route: named exactly, by pattern, by its agency, else the one for the rest."""

    def __init__(self, classes: tuple[RouteClass, ...]) -> None:
        numbered = list(enumerate(classes))
        self._exact = {name: place for place, rule in reversed(numbered) for name in rule.routes}
        self._patterns = [
            (name.replace("[", "[[]"), place)
            for place, rule in numbered
            for name in rule.routes
            if is_pattern(name)
        ]
        self._agencies = {
            agency: place for place, rule in reversed(numbered) for agency in rule.agencies
        }
        rest = [place for place, rule in numbered if rule.otherwise]
        self._rest = rest[0] if rest else len(classes)

    def of_route(self, route: str | None) -> int:
        """The place of the class that names `route`, -1 when none does."""
        if route is None:
            return -1
        if route not in self._exact:
            matching = (place for name, place in self._patterns if fnmatchcase(route, name))
            self._exact[route] = next(matching, -1)
        return self._exact[route]

    def of_agency(self, agency: str | None) -> int:
        """The place of the class that names `agency`, else of the rest, else after the last."""
        return self._agencies.get(agency or "", self._rest)


@lru_cache(maxsize=16)
def classes_in(tariff: Tariff) -> Classes:
    """The route classes of `tariff`."""
    return Classes(tariff.route_classes)


def _splits(columns: Columns, tariff: Tariff, agreement: Agreement | None) -> Int32:
    media = columns.texts["medium"]
    if agreement is None:
        return np.zeros(len(media), np.int32)
    by_priority = sorted(
        range(len(agreement.splits)), key=lambda place: (-agreement.splits[place].priority, place)
    )
    known = split_places(agreement)
    found = []
    for medium in media:
        matching = [
            known[place][0]
            for place in by_priority
            if not agreement.splits[place].media or medium in agreement.splits[place].media
        ]
        if not matching and medium in places_in(tariff).media:
            raise Refused(
                "split_unknown",
                gettext_noop("The agreement {agreement} does not say how {medium} is split."),
                remedy=gettext_noop("Add a split for this medium, or one for every medium."),
                agreement=agreement.code,
                medium=medium,
            )
        found.append(matching[0] if matching else 0)
    return _table(found)


def _weights(columns: Columns, agreement: Agreement | None) -> npt.NDArray[np.int64]:
    fixed = [weights for how, weights in split_places(agreement) if how >= BY_FIXED_SHARE]
    operators = columns.texts.get("operator", [None])
    table = np.array([[w.get(o or "", 0) for o in operators] for w in fixed], np.int64)
    table = table.reshape(len(fixed), len(operators))
    for row in table:
        for place in np.flatnonzero(row <= 0):
            if place in columns.legs.operator:
                raise Refused(
                    "share_unknown",
                    gettext_noop("The agreement {agreement} gives {operator} no share."),
                    remedy=gettext_noop("Give every operator a share above zero."),
                    agreement=agreement.code if agreement else "",
                    operator=operators[place] or "",
                )
    return table


def refuse(columns: Columns, tariff: Tariff, meanings: Meanings, row: int) -> None:
    """Say why the row of `columns.legs` could not be priced. Always raises."""
    legs = columns.legs
    said = {
        name: columns.texts[name][getattr(legs, name)[row]] or "-" if name in columns.texts else "-"
        for name in ("route", "agency", "operator", "medium")
    }
    places = places_in(tariff)
    route_class = int(meanings.class_of_route[legs.route[row]])
    if route_class < 0:
        route_class = int(meanings.class_of_agency[legs.agency[row]])
    if said["medium"] not in places.media:
        raise Refused(
            "medium_unknown",
            gettext_noop("The tariff {tariff} does not know the medium {medium}."),
            remedy=gettext_noop("Add the medium to the tariff or correct the tap."),
            tariff=tariff.code,
            medium=said["medium"],
        )
    if route_class == len(places.classes):
        raise Refused(
            "route_unknown",
            gettext_noop("No route class of {tariff} has the route {route} of {agency}."),
            remedy=gettext_noop("Add the route to a class, or let one class take the others."),
            tariff=tariff.code,
            **{name: said[name] for name in ("route", "agency")},
        )
    code = tariff.route_classes[route_class].code
    if _is_priced(columns, tariff, meanings, row, route_class):
        raise ValueError(
            f"account {legs.account[row]}: a tap at {legs.at_s[row]} is before the carried state"
        )
    raise Refused(
        "fare_unknown",
        gettext_noop(
            "{tariff} has no fare for {operator}, class {route_class}, paid with {medium}."
        ),
        remedy=gettext_noop("Add a fare rule that matches them."),
        tariff=tariff.code,
        route_class=code,
        operator=said["operator"],
        medium=said["medium"],
    )


def _is_priced(
    columns: Columns, tariff: Tariff, meanings: Meanings, row: int, route_class: int
) -> bool:
    legs = columns.legs
    case = (
        meanings.case_of_operator[legs.operator[row]]
        + route_class * meanings.kinds_per_class
        + meanings.media[legs.medium[row], KIND]
        + meanings.kind_of_category[legs.category[row]]
    )
    return bool(rules_in(tariff).cases[case, SINGLE] >= 0)
