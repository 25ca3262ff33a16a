"""Examples for the page that shows every part of the skin. All of it is invented."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from trama.core.refusals import Refused, gettext_noop
from trama.web.charts import Chart, bars, dots, heat, timeline
from trama.web.formats import day_text, number_text
from trama.web.maps import Map, RouteLine, network_map
from trama.web.statements import Entry, Leg, Statement, Total
from trama.web.tables import Column, Table
from trama.web.tokens import Token, tokens

ZONE = "America/Mexico_City"
SEVEN_O_CLOCK_S = 1_776_258_000  # 2026-04-15 07:00 in Mexico City
SHARES_BPS = {"BEA": 4_262, "TISA": 3_584, "EB": 1_516, "SETIM": 638}
GROUPS = (
    (gettext_noop("Surfaces and ink"), ("paper", "ink", "surface", "sunken", "line")),
    (gettext_noop("Action"), ("accent",)),
    (gettext_noop("Meaning"), ("money", "attention", "refused", "synthetic")),
    (gettext_noop("Categories"), ("cat",)),
    (gettext_noop("Amounts"), ("heat",)),
)


@dataclass(frozen=True, slots=True)
class Swatches:
    """Colours that belong together."""

    title: str
    colours: Sequence[Token]


def swatches() -> list[Swatches]:
    """Every colour of the house in its group."""
    colours = [token for token in tokens().values() if token.light]
    return [
        Swatches(_(title), [c for c in colours if c.name.startswith(starts)])
        for title, starts in GROUPS
    ]


def clearing_table(*, empty: bool = False) -> Table:
    """Four operators of an invented day."""
    gross_minor = 7_431_250
    rows: list[Mapping[str, Any]] = [
        {
            "operator": name,
            "href": "#table",
            "taps": bps * 71,
            "share": bps,
            "gross": gross_minor * bps // 10_000,
            "net": (2_500 - bps) * 118,
        }
        for name, bps in SHARES_BPS.items()
    ]
    columns = [
        Column("operator", _("Operator"), href="href"),
        Column("taps", _("Taps"), "number"),
        Column("share", _("Share"), "bps"),
        Column("gross", _("Gross"), "money"),
        Column("net", _("Net"), "signed"),
    ]
    totals = {name: sum(row[name] for row in rows) for name in ("taps", "share", "gross", "net")}
    return Table(
        _("Clearing of an invented day"),
        columns,
        [] if empty else rows,
        currency="MXN",
        timezone=ZONE,
        total={} if empty else {"operator": _("All operators"), **totals},
        csv_href="" if empty else "/style/table.csv",
        empty=_("No operator carried anybody on this day.") if empty else "",
    )


def day_chart() -> Chart:
    """Taps by quarter of an hour and operator, with two peaks."""
    rows = [
        {"quarter": quarter, "category": name, "count": round(bps * _rush(quarter) / 40)}
        for name, bps in SHARES_BPS.items()
        for quarter in range(96)
    ]
    lead = _("The service day begins at 03:00. Each bar is a quarter of an hour.")
    return timeline(_("A day of taps"), rows, first_hour=3, description=lead)


def _rush(quarter: int) -> float:
    hour = (quarter / 4 + 3) % 24
    asleep = 0.06 if hour < 5 else 1
    morning, evening = (math.exp(-(((hour - at) / 1.4) ** 2)) for at in (7.5, 18.5))
    return asleep * (0.22 + morning + 0.85 * evening)


def share_chart() -> Chart:
    """Bars: taps by operator."""
    table = clearing_table()
    return bars(_("Taps by operator"), table.rows, label="operator", value="taps", table=table)


def matrix_chart() -> Chart:
    """Heat: who owes whom."""
    names = list(SHARES_BPS)
    rows: list[dict[str, Any]] = [
        {
            "from": debtor,
            "to": creditor,
            "owed": abs(i - j) * 41_250 + i * 7_300 if i != j else 0,
        }
        for i, debtor in enumerate(names)
        for j, creditor in enumerate(names)
    ]
    columns = [
        Column("from", _("Owes")),
        Column("to", _("To")),
        Column("owed", _("Amount"), "money"),
    ]
    table = Table(_("Who owes whom"), columns, rows, currency="MXN")
    return heat(
        _("Clearing matrix"),
        [{**row, "text": number_text(row["owed"] // 100)} for row in rows],
        across="to",
        down="from",
        value="owed",
        text="text",
        table=table,
        description=_("Rows owe, columns receive. Whole pesos; the centavos are in the table."),
    )


def dot_chart() -> Chart:
    """Dots: two measures against each other."""
    rows = [
        {"route": f"C{n:02d}", "km": 6 + n * 7 % 19, "taps": 900 + n * n * 137 % 4_100}
        for n in range(1, 13)
    ]
    columns = [
        Column("route", _("Route")),
        Column("km", _("Kilometres"), "number"),
        Column("taps", _("Taps"), "number"),
    ]
    table = Table(_("Length and taps of routes"), columns, rows)
    return dots(
        _("Do longer routes carry more?"),
        rows,
        x="km",
        y="taps",
        label="route",
        table=table,
        x_title=_("Kilometres"),
        y_title=_("Taps"),
    )


def toy_map(*, empty: bool = False) -> Map:
    """A woven network of twelve routes, or one without geometry."""
    kinds = (_("Trunk"), _("Feeder"), _("Complementary"))
    routes = []
    for n in range(12):
        place, swing = n % 6 / 5, n % 2 / 9
        turns = [(step / 29, place + math.sin(step / 5 + swing * 29) / 40) for step in range(30)]
        line = [
            (-103.45 + (x if n < 6 else 0.15 + y * 0.7) * 0.25, 20.55 + (y if n < 6 else x) * 0.14)
            for x, y in turns
        ]
        title = _("Route {name}").format(name=f"T{n + 1:02d}")
        routes.append(RouteLine(title, "#map", [] if empty else [line], kinds[n % 3]))
    return network_map(
        _("A network without shapes") if empty else _("Network"),
        routes,
        attribution=_("Invented lines, no licence needed."),
        anchor="map-empty" if empty else "map-drawn",
    )


def rider_statement() -> Statement:
    """Two journeys of one rider, each leg explained."""
    start_s = SEVEN_O_CLOCK_S
    full = _("Fare of the tariff in force since 1 April 2026: one boarding, card.")
    half = _("Transfer within the window: half the fare, 31 minutes after the first boarding.")
    capped = _("Only what was left up to the daily cap; the rest is free.")
    commute = [
        Leg(start_s, _("Feeder C12"), 1_100, full, "BEA"),
        Leg(start_s + 1_860, _("Line 3"), 550, half, "SETIM"),
    ]
    home = [Leg(start_s + 38_000, _("Line 3"), 350, capped, "SETIM")]
    return Statement(
        _("Statement"),
        "tok_7f3a…91c2",
        day_text(date(2026, 4, 15)),
        [
            Entry(_("To work"), 1_650, commute),
            Entry(_("And home"), 350, home),
        ],
        [
            Total(_("Journeys at full fare"), 3_300),
            Total(_("Transfers and caps took off"), -1_300),
            Total(_("Charged"), 2_000, is_final=True),
        ],
        currency="MXN",
        timezone=ZONE,
        issuer=_("Invented rider"),
    )


def style_context() -> dict[str, object]:
    """Context of `style.html`."""
    refusal = Refused(
        "tariff_overlaps",
        gettext_noop("The rules {first} and {second} both price the same boarding."),
        remedy=gettext_noop("End {first} on the day before {second} begins, and publish again."),
        first="general-9.50",
        second="general-11.00",
    )
    return {
        "swatches": swatches(),
        "sizes": [t for t in tokens().values() if t.name.startswith("step-")],
        "distances": [t for t in tokens().values() if t.name.startswith("gap-")],
        "table": clearing_table(),
        "empty_table": clearing_table(empty=True),
        "day_chart": day_chart(),
        "share_chart": share_chart(),
        "matrix_chart": matrix_chart(),
        "dot_chart": dot_chart(),
        "map": toy_map(),
        "empty_map": toy_map(empty=True),
        "statement": rider_statement(),
        "refusal": refusal,
        "day": date(2026, 4, 15),
        "instant_s": SEVEN_O_CLOCK_S,
        "zone": ZONE,
        "parts": [
            (_("Colours"), "#colours"),
            (_("Type"), "#type"),
            (_("Figures"), "#figures"),
            (_("Tables"), "#table"),
            (_("Charts"), "#charts"),
            (_("Maps"), "#map"),
            (_("Statements"), "#statement"),
            (_("Answers"), "#answers"),
            (_("Forms"), "#forms"),
        ],
    }
