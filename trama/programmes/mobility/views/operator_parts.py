"""The parts of an organisation's statement, as the components want them."""

from collections import Counter
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from trama.foundations.payments.queries import clearing_matrix, settlements
from trama.foundations.registry.models import City, Organisation
from trama.programmes.mobility.queries.days import DayState
from trama.programmes.mobility.queries.operators import (
    Booked,
    booked_of,
    by_route,
    find_payments,
    route_totals,
)
from trama.programmes.mobility.queries.statements import route_names
from trama.programmes.mobility.views.figures import Figure
from trama.programmes.mobility.views.ledger_words import moment_name
from trama.programmes.mobility.views.names import medium_names, organisation_names
from trama.programmes.mobility.views.rider_parts import account_href, source_href
from trama.web import formats
from trama.web.tables import Column, Table

POSITION = ("gross", "fee", "collected", "net")


def position_columns() -> list[Column]:
    """Gross less fee less collected is net, as columns."""
    return [
        Column("gross", _("Earned"), "money"),
        Column("fee", _("Fee"), "money"),
        Column("collected", _("Collected"), "money"),
        Column("net", _("Net"), "signed"),
    ]


def operator_figures(
    organisation: Organisation, state: DayState, position: dict[str, int] | None
) -> list[Figure]:
    """What was carried and what it came to; nothing before the day is closed."""
    if state.totals is None:
        return []
    code, currency = organisation.code, organisation.city.currency
    boardings, fares = (
        sum(n for (operator, _medium), n in counted.items() if operator == code)
        for counted in (state.totals.boardings, state.totals.gross)
    )
    carried = [
        Figure(
            label=_("Boardings"),
            value=formats.number_text(boardings),
            of=_("of {n} of the day").format(n=formats.number_text(state.totals.boardings.total())),
            href="#routes",
        ),
        Figure(
            label=_("Fares paid aboard"),
            value=formats.money_text(fares, currency),
            of=_("of {amount} of the day").format(
                amount=formats.money_text(state.totals.gross.total(), currency)
            ),
            href="#media",
        ),
    ]
    return (carried if boardings else []) + _position_figures(position, currency)


def _position_figures(position: dict[str, int] | None, currency: str) -> list[Figure]:
    if position is None:
        return []
    earned, fee, net = (position[name] for name in ("gross", "fee", "net"))
    said = {name: formats.money_text(position[name], currency) for name in POSITION}
    share = formats.percent_text(fee, earned)
    pays = _("it pays") if net < 0 else _("it is paid")
    return [
        Figure(_("Earned"), said["gross"], of=_("its part of each journey"), href="#counterparts"),
        Figure(
            _("Fee"),
            said["fee"],
            of=_("{share} of what it earned").format(share=share),
            href="#postings",
        ),
        Figure(_("Collected"), said["collected"], of=_("is in its hands"), href="#counterparts"),
        Figure(
            _("Net"),
            formats.signed_money_text(net, currency),
            of=pays if net else _("nothing to pay"),
            href="#payments",
            tone=("money-out" if net < 0 else "money-in") if net else "",
        ),
    ]


def media_table(organisation: Organisation, state: DayState) -> Table | None:
    """Boardings, fares and earnings by medium; None when it had no part in any."""
    totals, code = state.totals, organisation.code
    if totals is None:
        return None
    media = sorted({m for org, m in (*totals.boardings, *totals.earned) if org == code})
    names = medium_names(organisation.city, state.day)
    href = reverse("taps", args=[organisation.city.code, state.day])
    rows = [
        {
            "medium": names.get(medium, medium),
            "href": f"{href}?operator={code}&medium={medium}",
            "boardings": totals.boardings[code, medium],
            "fares": totals.gross[code, medium],
            "earned": totals.earned[code, medium],
        }
        for medium in media
    ]
    if not rows:
        return None
    return Table(
        caption=_("By medium"),
        columns=[
            Column("medium", _("Medium"), href="href"),
            Column("boardings", _("Boardings"), "number"),
            Column("fares", _("Fares paid aboard"), "money"),
            Column("earned", _("Earned"), "money"),
        ],
        rows=rows,
        total=_together(rows, "medium", ("boardings", "fares", "earned")),
        currency=organisation.city.currency,
    )


def _together(rows: list[dict[str, Any]], first: str, sums: tuple[str, ...]) -> dict[str, Any]:
    return {first: _("Together"), **{name: sum(row[name] for row in rows) for name in sums}}


def routes_table(organisation: Organisation, day: date) -> Table | None:
    """Taps, boardings, fares and earnings by route; None where the organisation carried nobody."""
    city = organisation.city
    found = by_route(route_totals(city, day), organisation.code)
    if not found:
        return None
    names = route_names(city, day, [row["route"] for row in found if row["route"]])
    rows = [
        {
            **row,
            "route": row["route"] or _("none told"),
            "name": names.get(row["route"], ("", ""))[1],
            "href": _taps_href(city, day, organisation.code, row["route"]),
        }
        for row in found
    ]
    sums = ("taps", "boardings", "fare_minor", "programme_minor", "share_minor")
    return Table(
        caption=_("By route"),
        columns=[
            Column("route", _("Route"), "code", href="href"),
            Column("name", _("Name")),
            Column("taps", _("Taps"), "number"),
            Column("boardings", _("Boardings"), "number"),
            Column("fare_minor", _("Riders paid"), "money"),
            Column("programme_minor", _("Programmes paid"), "money"),
            Column("share_minor", _("Earned"), "money"),
        ],
        rows=rows,
        total=_together(rows, "route", sums),
        currency=city.currency,
        csv_href=reverse("operator_csv", args=[city.code, organisation.code, day]),
    )


def _taps_href(city: City, day: date, operator: str, route: str | None) -> str:
    if route is None:
        return ""
    return f"{reverse('taps', args=[city.code, day])}?operator={operator}&route={route}"


def counterparts_table(organisation: Organisation, day: date) -> Table:
    """Its row and its column of the clearing matrix, side by side."""
    city, code = organisation.city, organisation.code
    given: Counter[str] = Counter()
    got: Counter[str] = Counter()
    for (collector, earner), minor in clearing_matrix(city, day).items():
        if collector == code:
            given[earner] += minor
        if earner == code:
            got[collector] += minor
    names = organisation_names(city)
    others = sorted({*given, *got}, key=lambda other: (other != code, names.get(other, other)))
    rows = [
        {
            "other": _("itself") if other == code else names.get(other, other),
            "href": _cell_href(city, day, code, other),
            "given": given[other],
            "got": got[other],
            "difference": got[other] - given[other],
        }
        for other in others
    ]
    return Table(
        caption=_("With each other organisation"),
        columns=[
            Column("other", _("Organisation"), href="href"),
            Column("given", _("It collected what the other earned"), "money"),
            Column("got", _("The other collected what it earned"), "money"),
            Column("difference", _("Difference"), "signed"),
        ],
        rows=rows,
        total=_together(rows, "other", ("given", "got", "difference")) if rows else {},
        currency=city.currency,
        empty=_("It had no part in the clearing of this day."),
    )


def _cell_href(city: City, day: date, one: str, other: str) -> str:
    return f"{reverse('clearing', args=[city.code, day])}?of={one}&with={other}#rows"


def payments_table(city: City, day: date, *, only: str = "") -> Table:
    """The fewest payments that settle the day, or those in which one organisation takes part."""
    names, found = organisation_names(city), find_payments(city, day)
    nobody = _("Nobody has to pay anybody.")
    rows = [
        {"payer": names.get(payer, payer), "paid": names.get(paid, paid), "amount": minor}
        for payer, paid, minor in found or []
        if only in ("", payer, paid)
    ]
    return Table(
        caption=_("Payments that settle the day"),
        columns=[
            Column("payer", _("Who pays")),
            Column("paid", _("To whom")),
            Column("amount", _("Amount"), "money"),
        ],
        rows=rows,
        currency=city.currency,
        empty=nobody if found is not None else _("The nets are not zero together: do not pay."),
    )


def revisions_table(organisation: Organisation, day: date) -> Table:
    """What each revision added to, or took from, the organisation's position."""
    rows = [
        {
            "revision": _("Revision {n}").format(n=row.revision),
            **{name: getattr(row, f"{name}_minor") for name in POSITION},
        }
        for row in settlements(organisation.city, day).filter(organisation=organisation)
    ]
    return Table(
        caption=_("What each revision added"),
        columns=[
            Column("revision", _("Revision")),
            *(Column(c.name, c.label, "signed") for c in position_columns()),
        ],
        rows=rows,
        total=_together(rows, "revision", POSITION) if rows else {},
        currency=organisation.city.currency,
        empty=_("This day has no settlement of this organisation."),
    )


def postings_table(organisation: Organisation, day: date, *, sees_all: bool) -> Table:
    """The postings that move its accounts; charges are one for each rider and stand apart."""
    city = organisation.city
    return Table(
        caption=_("Postings of the ledger"),
        columns=[
            Column("moment", _("Moment")),
            Column("source", _("Source"), "code", href="source_href"),
            Column("debit", _("Debit"), "code", href="debit_href"),
            Column("credit", _("Credit"), "code", href="credit_href"),
            Column("amount", _("Amount"), "money"),
        ],
        rows=[
            _posting_row(city, row, organisation.code, sees_all=sees_all)
            for row in booked_of(organisation, day)
        ],
        currency=city.currency,
        empty=_("Nothing was posted for this organisation on this day."),
    )


def _posting_row(city: City, row: Booked, code: str, *, sees_all: bool) -> dict[str, Any]:
    own = f":{city.code}:{code}"
    hrefs = {
        f"{side}_href": account_href(city, name) if sees_all or name.endswith(own) else ""
        for side, name in (("debit", row.debit), ("credit", row.credit))
    }
    return {
        "moment": moment_name(row.moment),
        "source": row.source,
        "source_href": source_href(city, row.source) if sees_all else "",
        "debit": row.debit,
        "credit": row.credit,
        "amount": row.amount_minor,
        **hrefs,
    }
