"""What the programme measures: each figure with its denominator, its revisions and its history."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from trama.core.money import MINOR_DIGITS
from trama.foundations.measures.models import Indicator, Observation
from trama.foundations.measures.queries import indicators, latest_observations, revisions
from trama.foundations.registry.models import City
from trama.programmes.mobility.views.figures import (
    Figure,
    is_money,
    measured_of,
    measured_value,
)
from trama.programmes.mobility.views.frame import city_page, of_city
from trama.web.charts import Chart, series
from trama.web.formats import short_day_text
from trama.web.tables import Column, Table

PROGRAMME = "mobility"
DAYS_IN_CHART = 60
REVISED_SHOWN = 20


@require_GET
@of_city
def measures(request: HttpRequest, city: City) -> HttpResponse:
    """Every indicator with its latest value in this city."""
    shown = [_summary(city, indicator) for indicator in indicators(PROGRAMME)]
    context = {"figures": [figure for figure in shown if figure]}
    return city_page(request, city, "mobility/measures.html", context, under="measures")


def _summary(city: City, indicator: Indicator) -> Figure | None:
    seen = latest_observations(city.code, indicator=indicator.code).first()
    return _figure(city, seen) if seen else None


def _figure(city: City, seen: Observation) -> Figure:
    return Figure(
        label=_(seen.indicator.title),
        value=measured_value(seen, city.currency),
        of=measured_of(seen, city.currency),
        href=reverse("measure", args=[city.code, seen.indicator.code]),
        note=short_day_text(seen.period_end),
    )


@require_GET
@of_city
def measure(request: HttpRequest, city: City, code: str) -> HttpResponse:
    """One indicator in this city: its values day by day, and how they were revised."""
    indicator = get_object_or_404(Indicator, programme=PROGRAMME, code=code)
    series = list(latest_observations(city.code, indicator=code)[:DAYS_IN_CHART])
    context = {
        "indicator": indicator,
        "title": _(indicator.title),
        "numerator_of": _(indicator.numerator_of),
        "denominator_of": _(indicator.denominator_of),
        "latest": _figure(city, series[0]) if series else None,
        "chart": _chart(city, indicator, series) if len(series) > 1 else None,
        "table": _table(city, series),
        "revised": _revisions(city, series),
    }
    return city_page(request, city, "mobility/measure.html", context, under="measures")


def _row(city: City, seen: Observation) -> dict[str, Any]:
    return {
        "day": seen.period_end,
        "href": reverse("day", args=[city.code, seen.period_end]),
        "value": measured_value(seen, city.currency),
        "part": seen.numerator,
        "whole": seen.denominator,
        "revision": seen.revision,
        "recorded": seen.recorded_at_s,
        "source": seen.source,
    }


def _columns(city: City, seen: Observation | None) -> list[Column]:
    kind = "money" if seen and is_money(seen) else "number"
    return [
        Column("day", _("Day"), "day", href="href"),
        Column("value", _("Value"), "num"),
        Column("part", _("Above the line"), kind),
        Column("whole", _("Below the line"), "number"),
        Column("revision", _("Revision"), "number"),
        Column("recorded", _("Recorded"), "instant"),
        Column("source", _("From")),
    ]


def _table(city: City, observed: list[Observation]) -> Table:
    return Table(
        caption=_("Day by day, newest first"),
        columns=_columns(city, observed[0] if observed else None),
        rows=[_row(city, seen) for seen in observed],
        currency=city.currency,
        timezone=city.timezone,
        empty=_("Nothing has been observed yet: the first closing of a day publishes it."),
    )


def _revisions(city: City, observed: list[Observation]) -> list[Table]:
    """For each day that was revised, every value it had, oldest first."""
    revised = [seen for seen in observed if seen.revision][:REVISED_SHOWN]
    return [
        Table(
            caption=_("Revisions of {day}").format(day=short_day_text(seen.period_end)),
            columns=_columns(city, seen)[1:],
            rows=[_row(city, old) for old in revisions(seen)],
            currency=city.currency,
            timezone=city.timezone,
        )
        for seen in revised
    ]


def _chart(city: City, indicator: Indicator, observed: list[Observation]) -> Chart:
    table = _table(city, observed)
    axis = ".0%" if indicator.unit == "%" else ",.2f"
    rows = [_row(city, seen) for seen in reversed(observed)]
    if is_money(observed[0]):
        minor = 10 ** MINOR_DIGITS.get(city.currency, 2)
        rows = [{**row, "whole": row["whole"] * minor} for row in rows]
        axis = "$,.2f"
    return series(
        _(indicator.title),
        rows,
        day="day",
        part="part",
        whole="whole",
        axis_format=axis,
        table=table,
    )
