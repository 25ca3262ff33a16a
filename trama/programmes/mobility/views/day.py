"""A service day: its taps by the quarter of an hour, its figures, and how far its closing is."""

from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from trama.foundations.registry.models import City
from trama.foundations.registry.queries import may_see_back_office
from trama.programmes.mobility.queries.days import (
    DayState,
    count_held,
    days_of,
    neighbours,
    state_of,
)
from trama.programmes.mobility.views import day_tables
from trama.programmes.mobility.views.access import may_see_some_operator
from trama.programmes.mobility.views.day_charts import taps_chart
from trama.programmes.mobility.views.figures import day_figures
from trama.programmes.mobility.views.frame import city_page, of_city
from trama.web.charts import png_response
from trama.web.formats import day_text
from trama.web.tables import Column, Table

DAYS_A_PAGE = 31


@require_GET
@of_city
def days(request: HttpRequest, city: City) -> HttpResponse:
    """Every service day with taps, newest first."""
    paged = Paginator(days_of(city), DAYS_A_PAGE).get_page(request.GET.get("page"))
    table = Table(
        caption=_("Service days"),
        columns=[
            Column("day", _("Service day"), "day", href="href"),
            Column("state", _("Closing")),
            Column("taps", _("Taps"), "number"),
            Column("waiting", _("Waiting"), "number"),
            Column("journeys", _("Journeys"), "number"),
            Column("gross", _("Fares paid"), "money"),
        ],
        rows=[_day_row(city, state_of(city, day)) for day in paged],
        currency=city.currency,
        page=paged,
        empty=_("No tap has arrived yet."),
    )
    context = {
        "table": table,
        "cutover": f"{city.cutover_s // 3600:02}:{city.cutover_s // 60 % 60:02}",
    }
    return city_page(request, city, "mobility/days.html", context, under="days")


def _day_row(city: City, state: DayState) -> dict[str, Any]:
    totals = state.totals
    return {
        "day": state.day,
        "href": reverse("day", args=[city.code, state.day]),
        "state": said_state(state),
        "taps": state.taps,
        "waiting": state.waiting,
        "journeys": totals.journeys if totals else None,
        "gross": totals.gross.total() if totals else None,
    }


def said_state(state: DayState) -> str:
    """How a day stands, in a few words."""
    if state.running:
        return _("Closing: {step}").format(step=state.running.get_step_display())
    if not state.closings:
        return _("Open")
    if state.waiting:
        return _("Closed; late taps wait")
    revision = state.closings[-1].revision
    return _("Closed, revision {n}").format(n=revision) if revision else _("Closed")


@require_GET
@of_city
def day(request: HttpRequest, city: City, day: date) -> HttpResponse:
    """One service day."""
    state = state_of(city, day)
    before, after = neighbours(city, day)
    by = "medium" if request.GET.get("by") == "medium" else "operator"
    context = {
        "day": day,
        "day_label": day_text(day),
        "day_url": reverse("day", args=[city.code, day]),
        "picture_url": f"{reverse('day_picture', args=[city.code, day])}?by={by}",
        "before": before,
        "after": after,
        "state": state,
        "said_state": said_state(state),
        "figures": day_figures(city, state, count_held(city, day)),
        "chart": taps_chart(city, day, by),
        "tabs": _tabs(city, day),
        "tab_here": _tab(city, day, by),
        "by": by,
        **_parts(request, city, state),
    }
    return city_page(request, city, "mobility/day.html", context, under="days")


def _tab(city: City, day: date, by: str) -> str:
    return f"{reverse('day', args=[city.code, day])}?by={by}"


def _tabs(city: City, day: date) -> list[tuple[str, str]]:
    labels = (("operator", _("By operator")), ("medium", _("By medium")))
    return [(label, _tab(city, day, by)) for by, label in labels]


def _parts(request: HttpRequest, city: City, state: DayState) -> dict[str, Any]:
    may_see_rows = may_see_back_office(request.user, city)
    return {
        "may_see_taps": may_see_some_operator(request.user, city),
        "boardings": day_tables.boardings_table(city, state, may_see_rows=may_see_rows),
        "held": day_tables.held_table(city, state, may_see_rows=may_see_rows),
        "progress": day_tables.progress_of(city, state),
        "steps": day_tables.steps_table(state),
        "revisions": day_tables.revisions_table(city, state),
    }


@require_GET
@of_city
def day_picture(request: HttpRequest, city: City, day: date) -> HttpResponse:
    """The chart of the day as a picture."""
    by = "medium" if request.GET.get("by") == "medium" else "operator"
    return png_response(taps_chart(city, day, by), f"{city.code}-{day}-{by}.png")


@require_GET
@of_city
def closing_progress(request: HttpRequest, city: City, day: date) -> HttpResponse:
    """Only the progress of the closing, to be asked for again and again."""
    context = {
        "progress": day_tables.progress_of(city, state_of(city, day)),
        "day_url": reverse("day", args=[city.code, day]),
    }
    return render(request, "mobility/day_progress.html", context)
