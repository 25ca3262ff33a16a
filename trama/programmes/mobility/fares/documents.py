"""Tariffs and clearing agreements as documents a lawyer can read: TOML in, words out.

`docs/tariffs.md` is the reference of the vocabulary. Amounts, percentages and durations are
texts ("9.50", "50 %", "120 min") and are read exactly, never as floating point.
"""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from trama.core.money import MINOR_DIGITS
from trama.core.refusals import gettext_noop
from trama.programmes.mobility.fares import rules, validation
from trama.programmes.mobility.fares.quantities import DURATION, SECONDS, SHARE, TIMES
from trama.programmes.mobility.fares.reading import (
    Table,
    amount,
    duration,
    is_day,
    parse,
    quantity,
    share,
    times,
)
from trama.programmes.mobility.fares.route_classes import is_pattern
from trama.programmes.mobility.fares.vocabulary import (
    Agreement,
    Cap,
    CashRule,
    Category,
    Collector,
    FareRule,
    Fee,
    Measured,
    Medium,
    Parameter,
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

MAX_LISTED = 60
MAX_PATTERNS = 50
MAX_WEIGHT = 1_000_000
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DEFAULT_CUTOVER_S = 3 * 3600


def read_tariff(text: str) -> Tariff:
    """The tariff a TOML document says.

    `Refused` (with line and place) for syntax, unknown keys and codes, wrong types, currencies and
    dates, negative amounts; (with both names and an example) for rules that contradict each other,
    can never apply, or leave a class and medium without a fare.
    """
    root = parse(text)
    head = root.table("tariff")
    dated = _dated(head)
    root.reading.currency = _currency(head)
    root.reading.parameters = _parameters(root)
    media = root.rows("medium", _medium, most=MAX_LISTED)
    classes = root.rows("route_class", _route_class, most=MAX_LISTED)
    categories = root.rows("category", lambda t: _category(t, _codes(media)), most=MAX_LISTED)
    known = {
        "media": _codes(media),
        "route_classes": _codes(classes),
        "categories": _codes(categories),
    }
    tariff = Tariff(
        **dated,
        currency=root.reading.currency,
        timezone=_timezone(head),
        cutover_s=head.given("cutover", head.clock_s, DEFAULT_CUTOVER_S),
        semester_starts=_semester_starts(head),
        media=media,
        route_classes=classes,
        categories=categories,
        fares=root.rows("fare", lambda t: _fare(t, known), most=rules.MAX_FARES),
        transfers=root.rows("transfer", lambda t: _transfer(t, known), most=rules.MAX_TRANSFERS),
        programmes=root.rows("programme", lambda t: _programme(t, known), most=MAX_LISTED),
        caps=root.rows("cap", lambda t: _cap(t, known), most=MAX_LISTED),
        cash=root.rows("cash", lambda t: _cash(t, known), most=MAX_LISTED),
        calendar=_calendar(root),
        parameters=tuple(root.reading.parameters.values()),
        references=tuple(root.reading.references),
    )
    head.done()
    root.done()
    validation.check_tariff(tariff)
    return tariff


def read_agreement(text: str) -> Agreement:
    """The clearing agreement a TOML document says; `Refused` as in `read_tariff`.

    Media are not defined in an agreement: publication compares them with the tariff's.
    """
    root = parse(text)
    head = root.table("agreement")
    dated = _dated(head)
    root.reading.currency = head.given("currency", lambda _: _currency(head), "")
    root.reading.parameters = _parameters(root)
    agreement = Agreement(
        **dated,
        splits=root.rows("split", _split, most=MAX_LISTED),
        collectors=root.rows("collector", _collector, most=MAX_LISTED),
        fees=root.rows("fee", _fee, most=MAX_LISTED),
        parameters=tuple(root.reading.parameters.values()),
        references=tuple(root.reading.references),
    )
    head.done()
    root.done()
    validation.check_agreement(agreement)
    return agreement


def _codes(rows: tuple[Any, ...]) -> frozenset[str]:
    return frozenset(row.code for row in rows)


def _dated(head: Table) -> dict[str, Any]:
    """What every dated document says of itself."""
    dated: dict[str, Any] = {
        "code": head.code(),
        "title": head.text("title", 200),
        "legal_reference": head.text("legal_reference", 300),
        "valid_from": head.day("valid_from"),
        "valid_to": head.given("valid_to", head.day, None),
        "known_since": head.day("known_since"),
        "unknown": head.texts("unknown"),
        "sources": head.texts("sources"),
        "notes": head.texts("notes"),
        "replaces": head.given("replaces", head.code, None),
    }
    if dated["valid_to"] is not None and dated["valid_to"] < dated["valid_from"]:
        head.refuse(
            "document_dates_out_of_order",
            gettext_noop("Line {line}, {place}: it ends on {last}, before it begins on {first}."),
            "valid_to",
            remedy=gettext_noop("Mend valid_from or valid_to; leave valid_to out if none is set."),
            first=dated["valid_from"],
            last=dated["valid_to"],
        )
    return dated


def _currency(head: Table) -> str:
    currency = head.text("currency", 10)
    if currency not in MINOR_DIGITS:
        head.refuse(
            "document_currency_unknown",
            gettext_noop("Line {line}, {place}: “{currency}” is not a currency known here."),
            "currency",
            remedy=gettext_noop("Known currencies: {known}."),
            currency=currency,
            known=", ".join(sorted(MINOR_DIGITS)),
        )
    return currency


def _timezone(head: Table) -> str:
    timezone = head.text("timezone", 60)
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        head.wrong("timezone", '"America/Mexico_City"')
    return timezone


def _semester_starts(head: Table) -> tuple[tuple[int, int], ...]:
    starts = []
    for text in head.texts("semester_starts") or ("01-01", "07-01"):
        try:
            # 2023 has no 29 February: a semester must begin in every year.
            day = date.fromisoformat(f"2023-{text}")
        except ValueError:
            head.wrong("semester_starts", '["01-01", "07-01"]')
        starts.append((day.month, day.day))
    if starts != sorted(set(starts)):
        head.wrong("semester_starts", '["01-01", "07-01"]')
    return tuple(starts)


def _parameters(root: Table) -> dict[str, Parameter]:
    found = root.rows("parameter", _parameter, most=MAX_LISTED)
    validation.check_codes_are_unique("parameter", found)
    return {parameter.code: parameter for parameter in found}


def _parameter(t: Table) -> Parameter:
    unit, value = t.text("unit", 10), t.take("value")
    kinds = {**dict.fromkeys(SECONDS, DURATION), "%": SHARE, TIMES: TIMES}
    if t.reading.currency:
        kinds[t.reading.currency] = t.reading.currency
    if unit not in kinds:
        t.wrong("unit", " / ".join(f'"{known}"' for known in kinds))
    kind = kinds[unit]
    if kind in (DURATION, SHARE) and isinstance(value, int | str):
        value = f"{value} {unit}"
    return Parameter(
        code=t.code(),
        value=quantity(t, "value", value, kind),
        unit=kind,
        decided=t.truth("decided"),
        note=t.text("note"),
    )


def _medium(t: Table) -> Medium:
    return Medium(t.code(), t.text("name", 80), t.given("electronic", t.truth, True))


def _route_class(t: Table) -> RouteClass:
    routes = t.texts("routes")
    if "[" in "".join(routes) or sum(is_pattern(route) for route in routes) > MAX_PATTERNS:
        t.wrong("routes", f'["MP-T*", "MT_L?"] (≤ {MAX_PATTERNS} * ?)')
    return RouteClass(
        code=t.code(),
        name=t.text("name", 80),
        routes=routes,
        agencies=t.texts("agencies"),
        otherwise=t.given("otherwise", t.truth, False),
    )


def _category(t: Table, media: frozenset[str]) -> Category:
    return Category(
        code=t.code(),
        name=t.text("name", 80),
        discount_bps=t.given("discount", share(t), 0),
        price_minor=t.given("price", amount(t), None),
        media=t.among("media", media),
    )


def _priority(t: Table) -> int:
    return t.given("priority", lambda key: t.whole(key, -1_000, 1_000), 0)


def _fare(t: Table, known: dict[str, frozenset[str]]) -> FareRule:
    return FareRule(
        code=t.code(),
        amount_minor=amount(t)("amount"),
        operators=t.texts("operators"),
        route_classes=t.among("route_classes", known["route_classes"]),
        media=t.among("media", known["media"]),
        priority=_priority(t),
    )


def _transfer(t: Table, known: dict[str, frozenset[str]]) -> TransferRule:
    return TransferRule(
        code=t.code(),
        window_s=duration(t)("window"),
        measured=t.choice("measured_from", Measured),
        window=t.choice("window_end", Window),
        max_transfers=times(t)("max_transfers"),
        from_classes=t.among("from", known["route_classes"]),
        to_classes=t.among("to", known["route_classes"]),
        media=t.among("media", known["media"]),
        categories=t.among("categories", known["categories"]),
        discount_bps=t.given("discount", share(t), None),
        price_minor=t.given("price", amount(t), None),
        same_route=t.given("same_route", t.truth, True),
        priority=_priority(t),
    )


def _programme(t: Table, known: dict[str, frozenset[str]]) -> Programme:
    return Programme(
        code=t.code(),
        name=t.text("name", 80),
        payer=t.code("payer"),
        categories=t.among("categories", known["categories"]),
        pays_bps=share(t)("pays"),
        per_day=t.given("per_day", times(t), None),
        per_semester=t.given("per_semester", times(t), None),
        per_year=t.given("per_year", times(t), None),
        school_days_only=t.given("school_days_only", t.truth, False),
        media=t.among("media", known["media"]),
        route_classes=t.among("route_classes", known["route_classes"]),
        priority=_priority(t),
    )


def _cap(t: Table, known: dict[str, frozenset[str]]) -> Cap:
    weekday = t.given("week_start", t.text, "monday")
    if weekday not in WEEKDAYS:
        t.wrong("week_start", " / ".join(f'"{day}"' for day in WEEKDAYS))
    return Cap(
        code=t.code(),
        period=t.choice("period", Period),
        amount_minor=amount(t)("amount"),
        cutover_s=t.given("cutover", t.clock_s, DEFAULT_CUTOVER_S),
        week_start=WEEKDAYS.index(weekday),
        media=t.among("media", known["media"]),
        categories=t.among("categories", known["categories"]),
        route_classes=t.among("route_classes", known["route_classes"]),
    )


def _cash(t: Table, known: dict[str, frozenset[str]]) -> CashRule:
    medium, gives_change = t.code("medium"), t.truth("gives_change")
    if medium not in known["media"]:
        t.refuse_unknown("medium", medium, known["media"])
    if gives_change:
        return CashRule(medium, True)
    return CashRule(medium, False, amount(t)("tender_multiple"))


def _calendar(root: Table) -> SchoolCalendar:
    table = root.given("school_calendar", root.table, None)
    if table is None:
        return SchoolCalendar()
    terms = table.take("terms")
    holidays: Any = table.given("holidays", table.take, [])
    if not isinstance(terms, list) or not all(_is_span(term) for term in terms):
        table.wrong("terms", "[[2026-01-12, 2026-07-15]]")
    if not isinstance(holidays, list) or not all(is_day(day) for day in holidays):
        table.wrong("holidays", "[2026-02-02]")
    table.done()
    return SchoolCalendar(tuple((first, last) for first, last in terms), tuple(holidays))


def _is_span(term: object) -> bool:
    """Whether a TOML value is two dates in order."""
    days = term if isinstance(term, list) else []
    return len(days) == 2 and all(is_day(day) for day in days) and days[0] <= days[1]


def _split(t: Table) -> Split:
    shares = t.given("shares", t.table, None)
    weights = {code: shares.whole(code, 1, MAX_WEIGHT) for code in shares.values} if shares else {}
    return Split(
        code=t.code(),
        rule=t.choice("rule", SplitRule),
        media=t.texts("media"),
        shares=tuple(weights.items()),
        priority=_priority(t),
    )


def _collector(t: Table) -> Collector:
    return Collector(medium=t.code("medium"), by=t.code("by"))


def _fee(t: Table) -> Fee:
    return Fee(
        code=t.code(),
        fee_bps=share(t)("fee"),
        to=t.code("to"),
        media=t.texts("media"),
        priority=_priority(t),
    )
