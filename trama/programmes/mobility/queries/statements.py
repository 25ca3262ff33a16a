"""What a token's rider paid: sealed days, why each leg cost what it cost, and what still waits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

import numpy as np
from django.conf import settings
from django.db.models import Q, QuerySet

from trama.core.days import service_day_bounds
from trama.foundations.ledger.queries import balances, postings
from trama.foundations.registry.models import City, Token
from trama.programmes.mobility.clearing import posting_key
from trama.programmes.mobility.fares.explanations import explain
from trama.programmes.mobility.fares.memory import Memory, counters_of, matches
from trama.programmes.mobility.fares.rows import ROW_SCHEMA
from trama.programmes.mobility.fares.vocabulary import Cap, Period, Programme, Tariff
from trama.programmes.mobility.models import Closing, Route, Stop, Tap
from trama.programmes.mobility.queries.networks import networks_on
from trama.programmes.mobility.queries.tariffs import get_tariff_by_digest
from trama.programmes.mobility.sealed.layout import day_folder
from trama.programmes.mobility.sealed.reading import carry_of, read_accounts

TAP_COLUMNS = (
    *("account", "tapped_at_s", "route", "agency", "operator"),
    *("medium", "category", "direction", "stop"),
)
COLUMNS = [*TAP_COLUMNS, *ROW_SCHEMA.names]
Closings = Mapping[date, Closing]


@dataclass(frozen=True, slots=True)
class Charge:
    """A posting that charged a rider, or gave back: then `amount_minor` is below zero."""

    source: str
    collector: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class RiderDay:
    """One service day of one account.

    `journeys` are its legs in order, journey by journey: dicts of `COLUMNS` with `why`, its
    explanation. `charges` are what the ledger says of the same day.
    """

    day: date
    tariff: Tariff
    journeys: list[list[dict[str, Any]]]
    charges: list[Charge]

    def total_minor(self, column: str) -> int:
        """The sum of a column of money over all legs."""
        return sum(leg[column] for journey in self.journeys for leg in journey)

    @property
    def charged_minor(self) -> int:
        """What the ledger charged; the sum of `fare_minor`, or something is wrong."""
        return sum(charge.amount_minor for charge in self.charges)


@dataclass(frozen=True, slots=True)
class Allowances:
    """What is left to a rider at the end of a closed day.

    `caps` with the minor units still to be paid under each; `trips` as (programme, period, trips
    left, trips in all), the period being `semester` or `year`. What lasts a day is over by then.
    """

    day: date
    caps: list[tuple[Cap, int]]
    trips: list[tuple[Programme, str, int, int]]


def closed_days(city: City) -> dict[date, Closing]:
    """The newest finished closing of every closed day, the newest day first.

    Sealed files of later revisions belong to closings that have not finished: do not read them.
    """
    done = Closing.objects.filter(city=city, step=Closing.Step.DONE)
    newest = {c.service_date: c for c in done.order_by("service_date", "revision")}
    return dict(reversed(newest.items()))


def rider_day(token: Token, day: date, closings: Closings) -> RiderDay:
    """A closed day of a token. `closings` come from `closed_days` of its city."""
    closing = closings[day]
    tariff, _ = get_tariff_by_digest(token.city, closing.tariff_digest)
    account, before = np.array([token.pk], np.int64), closing.revision + 1
    folder = day_folder(settings.HOME, token.city.code, day)
    legs = read_accounts(folder, account, COLUMNS, before).to_pylist()
    eve = max((d for d in closings if d < day), default=None)
    reasons = explain(tariff, legs, carried=_carried(token, eve, closings) if legs else None)
    told = [{**leg, "why": why} for leg, why in zip(legs, reasons, strict=True)]
    journeys = [list(group) for _, group in groupby(told, key=lambda leg: leg["journey"])]
    return RiderDay(day, tariff, journeys, charges_of(token, closing))


def charges_of(token: Token, closing: Closing) -> list[Charge]:
    """What the ledger charged a token for a day, revision by revision, up to `closing`."""
    account = f"rider:{token.city.code}:{token.token}"
    charges = []
    for revision in range(closing.revision + 1):
        key = posting_key(token.city.code, closing.service_date, revision)
        for posting in postings(source_prefix=f"{key}/charge/{token.token}/"):
            minor, other = posting.posted_minor, posting.credit.name
            if posting.debit.name != account:
                minor, other = -minor, posting.debit.name
            charges.append(Charge(posting.source, other.rpartition(":")[2], minor))
    return charges


def owed_minor(token: Token) -> int:
    """What a token was charged and has not paid; below zero it has prepaid."""
    name = f"rider:{token.city.code}:{token.token}"
    balance = balances([name]).get(name)
    return balance.debits_posted_minor - balance.credits_posted_minor if balance else 0


def waiting_taps(token: Token) -> QuerySet[Tap]:
    """The taps of a token that have not been priced, by their instants."""
    taps = Tap.objects.filter(city=token.city, token=token.token)
    return taps.order_by("tapped_at_s", "pk")


def find_allowances(token: Token, closings: Closings) -> Allowances | None:
    """What is left to a token under caps and programmes after the newest closed day."""
    day = next(iter(closings), None)
    if day is None:
        return None
    tariff, _ = get_tariff_by_digest(token.city, closings[day].tariff_digest)
    memory = Memory(tariff, _carried(token, day, closings))
    _, after_s = service_day_bounds(day, token.city.timezone, token.city.cutover_s)
    last_s = after_s - 1
    held = _categories(token, day)
    return Allowances(
        day,
        caps=[
            (cap, max(0, cap.amount_minor - memory.spent_under(cap, last_s)))
            for cap in tariff.caps
            if cap.period is not Period.DAY
            and matches(cap.media, token.medium)
            and _for_some(cap.categories, held)
        ],
        trips=[
            (programme, period, max(0, limit - memory.trips[counter]), limit)
            for programme in tariff.programmes
            if matches(programme.media, token.medium) and held & {*programme.categories}
            for period, counter, limit in counters_of(tariff, programme, last_s)
            if period != "day"
        ],
    )


def _for_some(categories: tuple[str, ...], held: set[str]) -> bool:
    return not categories or bool(held & {*categories})


def _categories(token: Token, day: date) -> set[str]:
    proven = token.entitlements.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gte=day), valid_from__lte=day
    )
    return set(proven.values_list("category", flat=True))


def _carried(token: Token, day: date | None, closings: Closings) -> dict[str, Any]:
    """What a closed day hands on for a token; nothing from before the first."""
    if day is None:
        return {}
    folder = day_folder(settings.HOME, token.city.code, day)
    wanted = np.array([token.pk], np.int64)
    table = carry_of(folder, wanted, closings[day].revision + 1)
    rows = table.to_pylist() if table is not None else []
    return dict(rows[0]) if rows else {}


def route_names(city: City, day: date, routes: Sequence[str]) -> dict[str, tuple[str, str]]:
    """(short name, long name) of routes in force on `day`, by their id."""
    found = Route.objects.filter(network__in=networks_on(city, day), route_id__in=routes)
    return {r.route_id: (r.short_name, r.long_name) for r in found.only(*_ROUTE_FIELDS)}


_ROUTE_FIELDS = ("route_id", "short_name", "long_name")


def stop_names(city: City, day: date, stops: Sequence[str]) -> dict[str, str]:
    """Names of stops in force on `day`, by their id."""
    found = Stop.objects.filter(network__in=networks_on(city, day), stop_id__in=stops)
    return dict(found.values_list("stop_id", "name"))
