"""The parts of a rider's statement, as the components want them."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trama.foundations.registry.models import City, Token
from trama.programmes.mobility.fares.vocabulary import Cap, Programme
from trama.programmes.mobility.models import Tap
from trama.programmes.mobility.queries.explanations import sentence_of
from trama.programmes.mobility.queries.statements import (
    Closings,
    RiderDay,
    find_allowances,
    owed_minor,
    route_names,
    stop_names,
)
from trama.programmes.mobility.views.figures import Figure
from trama.programmes.mobility.views.names import medium_names, organisation_names
from trama.web import formats
from trama.web.statements import Entry, Leg, Statement, Total
from trama.web.tables import Column, Table


def source_href(city: City, prefix: str) -> str:
    """The postings whose source begins with `prefix`."""
    return f"{reverse('ledger_source', args=[city.code])}?{urlencode({'source': prefix})}"


def account_href(city: City, name: str) -> str:
    """An account of the ledger."""
    return reverse("ledger_account", args=[city.code, name])


def day_statement(token: Token, of: RiderDay) -> Statement:
    """One service day: its journeys, their legs, and how the full fares became what was paid."""
    write = LegWriter(token.city, of)
    return Statement(
        title=_("Service day"),
        holder=formats.day_text(of.day),
        period=_counted(of),
        entries=[write.entry(n, legs) for n, legs in enumerate(of.journeys, start=1)],
        totals=_totals(of),
        currency=token.city.currency,
        timezone=token.city.timezone,
        issuer=_("Tariff: {title}").format(title=of.tariff.title),
    )


def _counted(of: RiderDay) -> str:
    legs = [leg for journey in of.journeys for leg in journey if leg["direction"] != "off"]
    boardings = ngettext("{n} boarding", "{n} boardings", len(legs))
    journeys = ngettext("{n} journey", "{n} journeys", len(of.journeys))
    return f"{boardings.format(n=len(legs))}, {journeys.format(n=len(of.journeys))}"


def _totals(of: RiderDay) -> list[Total]:
    full, paid = of.total_minor("single_minor"), of.total_minor("fare_minor")
    by_programmes = of.total_minor("programme_minor")
    off = full - paid - by_programmes
    lines = [Total(_("Full fares"), full)]
    if off:
        lines.append(Total(_("Category, transfers and caps took off"), -off))
    if by_programmes:
        lines.append(Total(_("Paid by programmes"), -by_programmes))
    return [*lines, Total(_("You paid"), paid, is_final=True)]


class LegWriter:
    """Writes the legs of a day with the names of their routes, stops, operators and media."""

    def __init__(self, city: City, of: RiderDay) -> None:
        legs = [leg for journey in of.journeys for leg in journey]
        self.routes = route_names(city, of.day, [leg["route"] for leg in legs if leg["route"]])
        self.stops = stop_names(city, of.day, [leg["stop"] for leg in legs if leg["stop"]])
        self.operators = organisation_names(city)
        self.media = {medium.code: medium.name for medium in of.tariff.media}

    def entry(self, number: int, legs: list[dict[str, Any]]) -> Entry:
        """A journey. One that began on the day before says so."""
        title = _("Journey {n}").format(n=number)
        if legs[0]["leg"]:
            title = _("Journey {n}, begun on the day before").format(n=number)
        return Entry(title, sum(leg["fare_minor"] for leg in legs), [self.leg(leg) for leg in legs])

    def leg(self, leg: dict[str, Any]) -> Leg:
        """A boarding: where, with whom, how it was paid, what it cost and why."""
        operator = self.operators.get(leg["operator"], leg["operator"])
        medium = self.media.get(leg["medium"], leg["medium"])
        return Leg(
            at_s=leg["tapped_at_s"],
            title=self.place(leg),
            amount_minor=leg["fare_minor"],
            why=sentence_of(leg["why"]),
            note=" · ".join(filter(None, (operator, medium))),
        )

    def place(self, leg: dict[str, Any]) -> str:
        """The route's names; the stop's where no route was told."""
        if leg["route"]:
            short, long = self.routes.get(leg["route"], (leg["route"], ""))
            return " · ".join(filter(None, (short or leg["route"], long)))
        return self.stops.get(leg["stop"], leg["stop"] or "–")


def charges_table(token: Token, days: Sequence[RiderDay], *, sees_all: bool) -> Table:
    """What the ledger charged for the days shown; sources open for the back office."""
    names = organisation_names(token.city)
    rows = [
        {
            "day": formats.short_day_text(day.day),
            "source": charge.source,
            "href": source_href(token.city, charge.source) if sees_all else "",
            "collector": names.get(charge.collector, charge.collector),
            "amount": charge.amount_minor,
        }
        for day in days
        for charge in day.charges
    ]
    return Table(
        caption=_("Charges in the ledger"),
        columns=[
            Column("day", _("Service day")),
            Column("source", _("Source of the posting"), "code", href="href"),
            Column("collector", _("Who holds the money")),
            Column("amount", _("Charged"), "money"),
        ],
        rows=rows,
        total={"day": _("Together"), "amount": sum(row["amount"] for row in rows)} if rows else {},
        currency=token.city.currency,
        empty=_("Nothing was charged on these days."),
    )


def waiting_table(token: Token, taps: Sequence[Tap]) -> Table:
    """Taps that have arrived and are priced when their day is closed."""
    days = {tap.service_date for tap in taps}
    routes = {day: _routes(token.city, day, taps) for day in days}
    media = medium_names(token.city, max(days)) if days else {}
    rows = [
        {
            "at": tap.tapped_at_s,
            "route": routes[tap.service_date].get(tap.route or "", tap.route or tap.stop),
            "medium": media.get(tap.medium, tap.medium),
            "state": _("not priced yet"),
        }
        for tap in taps
    ]
    return Table(
        caption=_("Taps of open days"),
        columns=[
            Column("at", _("Instant"), "instant"),
            Column("route", _("Route")),
            Column("medium", _("Medium")),
            Column("state", _("Fare")),
        ],
        rows=rows,
        timezone=token.city.timezone,
        empty=_("No tap of this token waits to be priced."),
    )


def _routes(city: City, day: date, taps: Sequence[Tap]) -> dict[str, str]:
    names = route_names(city, day, [tap.route for tap in taps if tap.route])
    return {code: " · ".join(filter(None, said)) for code, said in names.items()}


def rider_figures(
    token: Token, days: Sequence[RiderDay], closings: Closings, *, sees_all: bool
) -> list[Figure]:
    """What was paid on the days shown, what is owed, and what is left under caps and programmes."""
    currency = token.city.currency
    account = account_href(token.city, f"rider:{token.city.code}:{token.token}")
    paid, full = (sum(d.total_minor(c) for d in days) for c in ("fare_minor", "single_minor"))
    figures = [
        Figure(
            label=_("Paid on these days"),
            value=formats.money_text(paid, currency),
            of=_("of {amount} in full fares").format(amount=formats.money_text(full, currency)),
            href="#days",
        ),
        Figure(
            label=_("Balance of the account"),
            value=formats.money_text(owed_minor(token), currency),
            of=_("charged on all days and not yet paid"),
            href=account if sees_all else "#ledger",
        ),
    ]
    left = find_allowances(token, closings)
    if left is None:
        return figures
    caps = [_cap_figure(cap, minor, currency) for cap, minor in left.caps]
    return [*figures, *caps, *(_trips_figure(*trips) for trips in left.trips)]


def _cap_figure(cap: Cap, left_minor: int, currency: str) -> Figure:
    return Figure(
        label=_("Left to the weekly cap"),
        value=formats.money_text(left_minor, currency),
        of=_("of {amount}").format(amount=formats.money_text(cap.amount_minor, currency)),
    )


def _trips_figure(programme: Programme, period: str, left: int, limit: int) -> Figure:
    this = _("of {n} this year") if period == "year" else _("of {n} this semester")
    return Figure(
        label=_("Trips left: {programme}").format(programme=programme.name),
        value=formats.number_text(left),
        of=this.format(n=formats.number_text(limit)),
    )
