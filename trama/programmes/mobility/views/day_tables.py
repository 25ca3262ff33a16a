"""The tables of a day: who carried how many, what is held, how its closing went."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from trama.foundations.registry.models import City
from trama.programmes.mobility.clearing import DayTotals
from trama.programmes.mobility.models import Closing, HeldTap
from trama.programmes.mobility.queries.days import DayState, held_by_reason, totals_of
from trama.programmes.mobility.views.names import medium_names, organisation_names
from trama.web import formats
from trama.web.tables import Column, Table


def boardings_table(city: City, state: DayState, *, may_see_rows: bool) -> Table | None:
    """Boardings and fares by operator, media as columns; None before the first closing."""
    totals = state.totals
    if totals is None:
        return None
    media = _media(city, state, totals)
    names = organisation_names(city)
    operators = sorted({operator for operator, _medium in totals.boardings})
    rows = [
        {
            "operator": names.get(operator, operator),
            "href": _rows_href(city, state, operator) if may_see_rows else "",
            **{code: totals.boardings[operator, code] for code in media},
            "all": sum(totals.boardings[operator, code] for code in media),
            "gross": sum(totals.gross[operator, code] for code in media),
        }
        for operator in operators
    ]
    return Table(
        caption=_("Boardings and fares by operator"),
        columns=[
            Column("operator", _("Operator"), href="href"),
            *(Column(code, name, "number") for code, name in media.items()),
            Column("all", _("All boardings"), "number"),
            Column("gross", _("Fares paid"), "money"),
        ],
        rows=sorted(rows, key=lambda row: -row["all"]),
        total=_total(rows, (*media, "all", "gross")),
        currency=city.currency,
    )


def _media(city: City, state: DayState, totals: DayTotals) -> dict[str, str]:
    names = medium_names(city, state.day)
    met = {medium for _operator, medium in totals.boardings}
    known = {code: name for code, name in names.items() if code in met}
    return known | {code: code for code in sorted(met - known.keys())}


def _rows_href(city: City, state: DayState, operator: str) -> str:
    return f"{reverse('taps', args=[city.code, state.day])}?operator={operator}"


def _total(rows: list[dict[str, Any]], sums: tuple[str, ...]) -> Mapping[str, Any]:
    total: dict[str, Any] = {name: sum(row[name] for row in rows) for name in sums}
    return {"operator": _("Together"), **total}


def held_table(city: City, state: DayState, *, may_see_rows: bool) -> Table:
    """How many taps are held for each reason; a way to them for who may see them."""
    href = reverse("held", args=[city.code])
    reasons = dict(HeldTap.Reason.choices)
    rows = [
        {
            "reason": reasons.get(reason, reason),
            "of_day": of_day,
            "of_all": of_all,
            "href": f"{href}?reason={reason}" if may_see_rows else "",
        }
        for reason, of_day, of_all in held_by_reason(city, state.day)
    ]
    return Table(
        caption=_("Taps held aside, by reason"),
        columns=[
            Column("reason", _("Reason"), href="href"),
            Column("of_day", _("This day"), "number"),
            Column("of_all", _("All days"), "number"),
        ],
        rows=rows,
        total={
            "reason": _("Together"),
            **{name: sum(row[name] for row in rows) for name in ("of_day", "of_all")},
        },
        empty=_("No tap is held: every one that arrived could be read and placed."),
    )


def progress_of(city: City, state: DayState) -> dict[str, Any] | None:
    """What `{% progress %}` takes while a closing runs; None otherwise."""
    running = state.running
    if running is None:
        return None
    place = list(Closing.Step).index(Closing.Step(running.step))
    return {
        "label": _("Closing, revision {n}: {step}").format(
            n=running.revision, step=running.get_step_display()
        ),
        "done": running.done,
        "of": running.total,
        "poll": reverse("closing_progress", args=[city.code, state.day]),
        "note": _("step {n} of {all}").format(n=place + 1, all=len(Closing.Step)),
    }


def steps_table(state: DayState) -> Table:
    """What each step of the last closing took."""
    last = state.closings[-1] if state.closings else None
    seconds = last.figures.get("seconds", {}) if last else {}
    names = dict(Closing.Step.choices)
    rows = [
        {"step": names.get(step, step), "took": formats.fixed_text(round(1000 * took), 3) + " s"}
        for step, took in seconds.items()
    ]
    return Table(
        caption=_("Steps of the last closing"),
        columns=[Column("step", _("Step")), Column("took", _("Took"), "num")],
        rows=rows,
        empty=_("No step has been measured yet."),
    )


def revisions_table(city: City, state: DayState) -> Table:
    """One row for each closing of the day: when, how long, and what it changed."""
    return Table(
        caption=_("Closings of this day and what each one added"),
        columns=[
            Column("revision", _("Revision")),
            Column("finished", _("Finished"), "instant"),
            Column("took", _("Took"), "num"),
            Column("taps", _("Taps"), "number"),
            Column("journeys", _("Journeys"), "number"),
            Column("transfers", _("Transfers"), "number"),
            Column("fares", _("Fares paid"), "signed"),
            Column("programmes", _("Programmes paid"), "signed"),
        ],
        rows=[_revision(closing) for closing in state.closings],
        currency=city.currency,
        timezone=city.timezone,
        empty=_("This day has not been closed yet."),
    )


def _revision(closing: Closing) -> dict[str, Any]:
    added = totals_of(closing)
    took = sum(closing.figures.get("seconds", {}).values())
    return {
        "revision": _("Revision {n}").format(n=closing.revision),
        "finished": closing.finished_at_s,
        "took": formats.fixed_text(round(10 * took), 1) + " s" if took else None,
        "taps": added.taps,
        "journeys": added.journeys,
        "transfers": added.transfers,
        "fares": added.gross.total(),
        "programmes": added.programmes.total(),
    }
