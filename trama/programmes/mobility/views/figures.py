"""The figures of a day and of a measure, as the components want them."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from trama.foundations.measures.models import Observation
from trama.foundations.measures.queries import latest_observations
from trama.foundations.registry.models import City
from trama.programmes.mobility.queries.days import DayState
from trama.web import formats

ELECTRONIC, AVERAGE_FARE = "mobility-electronic-share", "mobility-average-fare"


@dataclass(frozen=True, slots=True)
class Figure:
    """What `{% figure %}` takes."""

    label: str
    value: str
    of: str = ""
    href: str = ""
    note: str = ""
    tone: str = ""


def day_figures(city: City, state: DayState, held: int) -> list[Figure]:
    """A day in figures; before its first closing only what arrived is known.

    `held` counts the taps of the day that are held aside.
    """
    day_href = reverse("day", args=[city.code, state.day])
    waiting = _("{taps} wait to be closed").format(taps=formats.number_text(state.waiting))
    arrived = formats.number_text(state.taps + held)
    return [
        Figure(
            label=_("Taps"),
            value=formats.number_text(state.taps),
            of=waiting if state.waiting else _("all of them closed"),
            href=f"{day_href}#taps",
        ),
        *_closed_figures(city, state, day_href),
        *_programmes(city, state, day_href),
        Figure(
            label=_("Held aside"),
            value=formats.number_text(held),
            of=_("of {taps} that arrived").format(taps=arrived),
            href=f"{day_href}#held",
            tone="attention" if held else "",
        ),
    ]


def _closed_figures(city: City, state: DayState, day_href: str) -> list[Figure]:
    totals = state.totals
    if totals is None:
        return []
    boardings = totals.boardings.total()
    of_boardings = _("of {boardings} boardings").format(boardings=formats.number_text(boardings))
    counts = [
        Figure(
            label=_("Boardings"),
            value=formats.number_text(boardings),
            of=_("of {taps} taps").format(taps=formats.number_text(totals.taps)),
            href=f"{day_href}#boardings",
        ),
        Figure(
            label=_("Journeys"),
            value=formats.number_text(totals.journeys),
            of=of_boardings,
            href=f"{reverse('measure', args=[city.code, 'mobility-boardings'])}",
        ),
        Figure(
            label=_("Transfers"),
            value=formats.percent_text(totals.transfers, boardings),
            of=_("{part} of {whole} boardings").format(
                part=formats.number_text(totals.transfers), whole=formats.number_text(boardings)
            ),
            href=reverse("measure", args=[city.code, "mobility-transfers"]),
        ),
    ]
    seen = latest_observations(city.code, day=state.day)
    return [*counts, *(_measured(o, city) for o in seen if o.indicator.code in SHOWN)]


def _programmes(city: City, state: DayState, day_href: str) -> list[Figure]:
    """What programmes paid of what all boardings cost; nothing before the first closing."""
    if state.totals is None:
        return []
    paid, fares = state.totals.programmes.total(), state.totals.gross.total()
    return [
        Figure(
            label=_("Paid by programmes"),
            value=formats.money_text(paid, city.currency),
            of=_("of {amount}, with what riders paid").format(
                amount=formats.money_text(paid + fares, city.currency)
            ),
            href=f"{day_href}#closing",
        )
    ]


SHOWN = (ELECTRONIC, AVERAGE_FARE)


def _measured(seen: Observation, city: City) -> Figure:
    return Figure(
        label=_(seen.indicator.title),
        value=measured_value(seen, city.currency),
        of=measured_of(seen, city.currency),
        href=reverse("measure", args=[city.code, seen.indicator.code]),
    )


def is_money(seen: Observation) -> bool:
    """Whether the numerator of a measure is an amount in minor units."""
    return seen.indicator.unit.startswith("minor units")


def measured_value(seen: Observation, currency: str) -> str:
    """The value of an observation in its unit; `–` while nothing stands below the line."""
    if seen.denominator == 0:
        return formats.NO_VALUE
    if seen.indicator.unit == "%":
        return formats.percent_text(seen.numerator, seen.denominator)
    if is_money(seen):
        return formats.money_text(_rounded(seen.numerator, seen.denominator), currency)
    return formats.fixed_text(_rounded(100 * seen.numerator, seen.denominator), 2)


def measured_of(seen: Observation, currency: str) -> str:
    """What was divided by what."""
    part = formats.number_text(seen.numerator)
    if is_money(seen):
        part = formats.money_text(seen.numerator, currency)
    said = _("{part} of {whole} {things}")
    if seen.indicator.unit != "%":
        said = _("{part} ÷ {whole} {things}")
    return said.format(
        part=part,
        whole=formats.number_text(seen.denominator),
        things=_(seen.indicator.denominator_of),
    )


def _rounded(part: int, whole: int) -> int:
    """Half away from zero."""
    sign = -1 if part < 0 else 1
    return sign * ((2 * abs(part) + whole) // (2 * whole))
