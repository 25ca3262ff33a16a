"""Tariffs, agreements and taps drawn from the whole vocabulary, dense in edge cases."""

from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from trama.programmes.mobility.fares.vocabulary import (
    Agreement,
    Cap,
    CashRule,
    Category,
    Collector,
    FareRule,
    Measured,
    Medium,
    Period,
    Programme,
    RouteClass,
    SchoolCalendar,
    Split,
    SplitRule,
    Tariff,
    TransferRule,
    Window,
)

MEDIA = ("card", "bank", "cash")
CLASSES = ("rail", "feeder", "bus")
CATEGORIES = ("student", "older", "worker")
OPERATORS = ("north", "south", "west")
ROUTES = (("R1", "X"), ("R22", "X"), ("F1", "Y"), ("F2", "Y"), ("B1", "Z"), ("R1-B", "Y"))
# On 6 April 2025 Santiago set its clocks back at midnight, on 7 September 2025 forward.
ZONES = ("America/Santiago", "America/Mexico_City", "UTC")
BEGINNINGS = (
    datetime(2025, 4, 3, 23, tzinfo=UTC),
    datetime(2025, 9, 5, 2, tzinfo=UTC),
    datetime(2025, 12, 29, 5, tzinfo=UTC),
    datetime(2025, 6, 28, 5, tzinfo=UTC),
)
CUTOVERS_S = (0, 3 * 3600, 4 * 3600 + 1800)
WINDOWS_S = (600, 5400, 7200, 86_400)
GAPS_S = (600, 1800, 0, 1, 300, 599, 601, 4800, 5400, 7199, 7200, 7201, 30_000, 86_400, 172_800)

# Few amounts, so that caps are met exactly and halves of odd ones occur.
amounts = st.sampled_from([475, 950, 951, 1425, 0, 1, 1100])
shares = st.sampled_from([5000, 3333, 10_000, 6667, 1250, 0, 1])
counts = st.none() | st.integers(1, 4)
priorities = st.integers(-2, 2)


def some(codes: tuple[str, ...], least: int = 0) -> st.SearchStrategy[tuple[str, ...]]:
    """A matcher: some of the codes, or none (more often), which means any."""
    named = st.lists(st.sampled_from(codes), unique=True, min_size=1, max_size=2).map(tuple)
    return named if least else st.just(()) | st.just(()) | named


fares = st.builds(
    FareRule,
    code=st.just("extra"),
    amount_minor=amounts,
    operators=some(OPERATORS),
    route_classes=some(CLASSES),
    media=some(MEDIA),
    priority=priorities,
)
reductions = st.one_of(
    shares.map(lambda bps: {"discount_bps": bps}), amounts.map(lambda minor: {"price_minor": minor})
)
categories = st.builds(
    lambda media, reduction: {"media": media, **reduction}, some(MEDIA), reductions
)


@st.composite
def transfers(draw: st.DrawFn) -> TransferRule:
    """Any transfer rule."""
    return TransferRule(
        code="transfer",
        window_s=draw(st.sampled_from(WINDOWS_S)),
        measured=draw(st.sampled_from(Measured)),
        window=draw(st.sampled_from(Window)),
        max_transfers=draw(st.integers(1, 3)),
        from_classes=draw(some(CLASSES)),
        to_classes=draw(some(CLASSES)),
        media=draw(some(MEDIA)),
        categories=draw(some(CATEGORIES)),
        same_route=draw(st.booleans()),
        priority=draw(priorities),
        **draw(reductions),
    )


programmes = st.builds(
    Programme,
    code=st.just("programme"),
    name=st.just("Programme"),
    payer=st.just("state"),
    categories=some(CATEGORIES, least=1),
    pays_bps=shares,
    per_day=counts,
    per_semester=counts,
    per_year=counts,
    school_days_only=st.booleans(),
    media=some(MEDIA),
    route_classes=some(CLASSES),
    priority=priorities,
)
caps = st.builds(
    Cap,
    code=st.just("cap"),
    period=st.sampled_from(Period),
    amount_minor=st.sampled_from([1900, 1901, 950, 2850, 4000, 0]),
    cutover_s=st.sampled_from(CUTOVERS_S),
    week_start=st.integers(0, 6),
    media=some(MEDIA),
    categories=some(CATEGORIES),
    route_classes=some(CLASSES),
)


def _coded(rules: list[Any]) -> tuple[Any, ...]:
    """The same rules, each with a code of its own."""
    kind = type(rules[0]) if rules else None
    return (
        tuple(
            kind(**{**{n: getattr(r, n) for n in kind.__slots__}, "code": f"{r.code}_{i}"})
            for i, r in enumerate(rules)
        )
        if kind
        else ()
    )


def _lists(rules: st.SearchStrategy[Any], most: int) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(rules, min_size=most - 2, max_size=most).map(_coded)


@st.composite
def tariffs(draw: st.DrawFn) -> Tariff:
    """Any tariff that prices every tap of `taps`, contradictions and all: the first rule wins."""
    everywhere = FareRule("base", draw(amounts), priority=-3)
    return Tariff(
        code="drawn",
        title="Drawn",
        legal_reference="None",
        currency="MXN",
        timezone=draw(st.sampled_from(ZONES)),
        valid_from=date(2025, 1, 1),
        valid_to=None,
        known_since=date(2025, 1, 1),
        cutover_s=draw(st.sampled_from(CUTOVERS_S)),
        media=tuple(Medium(code, code, electronic=code != "cash") for code in MEDIA),
        route_classes=(
            RouteClass("rail", "Rail", routes=("R*", "R22")),
            RouteClass("feeder", "Feeder", routes=("R1-B",), agencies=("Y",)),
            RouteClass("bus", "Bus", otherwise=True),
        ),
        fares=(everywhere, *draw(_lists(fares, 3))),
        categories=tuple(Category(c, c, **draw(categories)) for c in CATEGORIES[:2]),
        transfers=draw(_lists(transfers(), 3)),
        programmes=draw(_lists(programmes, 3)),
        caps=draw(_lists(caps, 3)),
        cash=(CashRule("cash", False, draw(st.sampled_from([1, 50, 100]))),),
        calendar=SchoolCalendar(
            ((date(2025, 1, 6), date(2025, 7, 11)), (date(2025, 9, 8), date(2025, 12, 30))),
            (date(2025, 4, 4),),
        ),
        semester_starts=draw(st.sampled_from([((1, 1), (7, 1)), ((4, 5), (12, 31)), ((6, 29),)])),
    )


@st.composite
def agreements(draw: st.DrawFn) -> Agreement:
    """Any agreement that splits every journey."""
    weights = tuple((code, draw(st.integers(1, 9))) for code in OPERATORS)

    def split(code: str, media: tuple[str, ...], priority: int) -> Split:
        rule = draw(st.sampled_from(SplitRule))
        given = weights if rule is SplitRule.BY_FIXED_SHARE else ()
        return Split(code, rule, media, given, priority)

    return Agreement(
        code="drawn",
        title="Drawn",
        legal_reference="None",
        valid_from=date(2025, 1, 1),
        valid_to=None,
        known_since=date(2025, 1, 1),
        splits=(split("any", (), 0), split("some", draw(some(MEDIA, least=1)), draw(priorities))),
        collectors=tuple(Collector(medium, "operator") for medium in MEDIA),
    )


@st.composite
def taps(draw: st.DrawFn, most: int = 24) -> list[dict[str, Any]]:
    """Taps of a few accounts, in any order, close to windows, cut-overs and ends of periods."""
    at_s = int(draw(st.sampled_from(BEGINNINGS)).timestamp())
    usual = draw(st.sampled_from((None, *CATEGORIES)))
    found = []
    for _ in range(draw(st.integers(1, most))):
        at_s += draw(st.sampled_from(GAPS_S))
        route, agency = draw(st.sampled_from(ROUTES))
        found.append(
            {
                "account": draw(st.sampled_from([7, 7, 7, 3, -1])),
                "tapped_at_s": at_s,
                "route": route,
                "agency": agency,
                "operator": draw(st.sampled_from(OPERATORS)),
                "medium": draw(st.sampled_from(MEDIA)),
                "category": draw(st.sampled_from((usual, usual, usual, None, *CATEGORIES))),
                "direction": draw(st.sampled_from(["on", "on", "on", "unknown", "off"])),
            }
        )
    return draw(st.permutations(found))


def table_of(rows: list[dict[str, Any]]) -> pa.Table:
    """Taps as the engine takes them."""
    text = pa.dictionary(pa.int32(), pa.string())
    kinds = {"account": pa.int64(), "tapped_at_s": pa.int64()}
    names = (*kinds, "route", "agency", "operator", "medium", "category", "direction")
    return pa.table(
        {name: pa.array([row[name] for row in rows], kinds.get(name, text)) for name in names}
    )
