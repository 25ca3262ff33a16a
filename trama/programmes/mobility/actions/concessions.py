"""Assigning routes to operators: who runs what, from when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from trama.core.refusals import Refused, gettext_noop
from trama.foundations.registry.models import City, Organisation
from trama.programmes.mobility.models import Agency, Closing, Concession, Route


@dataclass(frozen=True, slots=True)
class Assignment:
    """One line of a table of concessions. A blank `route_id` means the whole agency."""

    line: int
    agency_id: str
    route_id: str
    operator: str
    valid_from: date


def assign_operators(*, city: City, assignments: Sequence[Assignment]) -> int:
    """Say who runs which routes from when; answers how many assignments were new.

    An assignment counts until a later one for the same route or agency; that of a route goes
    before that of its agency. The same again changes nothing. Refused whole, with the line:
    `operator_unknown`, `agency_unknown`, `route_unknown`, `route_has_another_operator`,
    `closed_day_keeps_its_operator`.
    """
    operators = {
        o.code: o for o in Organisation.objects.filter(city=city, kind=Organisation.Kind.OPERATOR)
    }
    known = _known(city)
    for one in assignments:
        _check_assignment(city, one, operators, known)
    with transaction.atomic():
        new = _new_concessions(city, assignments, operators)
        Concession.objects.bulk_create(new)
    return len(new)


def _check_assignment(
    city: City, one: Assignment, operators: Mapping[str, Organisation], known: set[tuple[str, str]]
) -> None:
    if one.operator not in operators:
        code, wrong = "operator_unknown", one.operator
        message = gettext_noop("Line {line}: {city} has no operator “{wrong}”.")
        remedy = gettext_noop("Found it first with: trama found_organisation")
    elif (one.agency_id, "") not in known:
        code, wrong = "agency_unknown", one.agency_id
        message = gettext_noop("Line {line}: no network of {city} has an agency “{wrong}”.")
        remedy = gettext_noop("Load the network first, or mend the agency_id.")
    elif (one.agency_id, one.route_id) not in known:
        code, wrong = "route_unknown", one.route_id
        message = gettext_noop(
            "Line {line}: no network of {city} has a route “{wrong}” of that agency."
        )
        remedy = gettext_noop("Load the network first, or mend the route_id.")
    else:
        return
    raise Refused(code, message, remedy=remedy, line=one.line, city=city.name, wrong=wrong)


def _known(city: City) -> set[tuple[str, str]]:
    """Every (agency, route) of any version of the city's networks; blank route for the agency."""
    routes = Route.objects.filter(network__city=city).values_list("agency__agency_id", "route_id")
    agencies = Agency.objects.filter(network__city=city).values_list("agency_id", flat=True)
    return {*routes, *((agency, "") for agency in agencies)}


def _new_concessions(
    city: City, assignments: Sequence[Assignment], operators: Mapping[str, Organisation]
) -> list[Concession]:
    """Those not there yet. Two operators for the same routes from the same day are refused."""
    held = {
        (c.agency_id, c.route_id, c.valid_from): c.operator.code
        for c in Concession.objects.filter(city=city).select_related("operator")
    }
    closed = Closing.objects.filter(city=city).order_by("-service_date").first()
    new = []
    for one in assignments:
        key = (one.agency_id, one.route_id, one.valid_from)
        if held.get(key) == one.operator:
            continue
        if key in held:
            raise Refused(
                "route_has_another_operator",
                gettext_noop(
                    "Line {line}: from {day} on “{routes}” is run by {held}, not by {operator}."
                ),
                remedy=gettext_noop("Say from which other day the change counts."),
                line=one.line,
                day=one.valid_from,
                routes=one.route_id or one.agency_id,
                held=held[key],
                operator=one.operator,
            )
        _refuse_closed(one, held, closed)
        held[key] = one.operator
        new.append(
            Concession(
                city=city,
                agency_id=one.agency_id,
                route_id=one.route_id,
                operator=operators[one.operator],
                valid_from=one.valid_from,
            )
        )
    return new


def _refuse_closed(
    one: Assignment, held: Mapping[tuple[str, str, date], str], closed: Closing | None
) -> None:
    """A day that was closed with an operator keeps it."""
    if closed is None or one.valid_from > closed.service_date:
        return
    if any((agency, route) == (one.agency_id, one.route_id) for agency, route, _ in held):
        raise Refused(
            "closed_day_keeps_its_operator",
            gettext_noop(
                "Line {line}: {day} is closed; the operators of closed days do not change."
            ),
            remedy=gettext_noop("Say from which later day the change counts."),
            line=one.line,
            day=closed.service_date,
        )
