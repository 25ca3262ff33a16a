"""`{% load trama %}`: the formats as filters and the components as tags. See docs/skin.md."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.template import Context
from django.utils import translation
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from trama.core.refusals import Refused
from trama.web import formats
from trama.web.charts import Chart, chart_svg, legend_of
from trama.web.maps import Map
from trama.web.refusals import said
from trama.web.statements import Statement
from trama.web.tables import NUMERIC, Column, Table, cell_text

register = template.Library()
_SEAMS = re.compile(r"[:/](?=.)")
LANGUAGE_NAMES = {"es": "Español", "pt-br": "Português", "en": "English"}


@register.filter
def money(minor: int | None, currency: str) -> str:
    """`{{ fare_minor|money:city.currency }}`."""
    return formats.NO_VALUE if minor is None else formats.money_text(minor, currency)


@register.filter
def signed_money(minor: int | None, currency: str) -> str:
    """`{{ net_minor|signed_money:city.currency }}`: + for what came in, − for what went out."""
    return formats.NO_VALUE if minor is None else formats.signed_money_text(minor, currency)


@register.filter
def number(value: int | None) -> str:
    """`{{ taps|number }}`."""
    return formats.NO_VALUE if value is None else formats.number_text(value)


@register.filter
def bps(value: int | None) -> str:
    """`{{ share_bps|bps }}`: basis points as a percentage."""
    return formats.NO_VALUE if value is None else formats.bps_text(value)


@register.filter
def percent_of(part: int, whole: int) -> str:
    """`{{ electronic|percent_of:boardings }}`."""
    return formats.percent_text(part, whole)


@register.filter
def day(value: date | None) -> str:
    """`{{ service_date|day }}`: the date in full."""
    return formats.NO_VALUE if value is None else formats.day_text(value)


@register.filter
def short_day(value: date | None) -> str:
    """`{{ service_date|short_day }}`: the date for tight places."""
    return formats.NO_VALUE if value is None else formats.short_day_text(value)


@register.filter
def clock(instant_s: int | None, timezone: str) -> str:
    """`{{ tapped_at_s|clock:city.timezone }}`: `07:45`."""
    return formats.NO_VALUE if instant_s is None else formats.clock_text(instant_s, timezone)


@register.filter
def instant(instant_s: int | None, timezone: str) -> str:
    """`{{ tapped_at_s|instant:city.timezone }}`: date and wall clock."""
    return formats.NO_VALUE if instant_s is None else formats.instant_text(instant_s, timezone)


@register.filter
def breakable(text: object) -> SafeString:
    """`{{ account.name|breakable }}`: an identifier that may wrap after `:` and `/`."""
    return mark_safe(_SEAMS.sub(r"\g<0><wbr>", conditional_escape(str(text))))  # noqa: S308 - escaped


@register.inclusion_tag("components/figure.html")
def figure(
    label: str, value: str, *, of: str = "", href: str = "", note: str = "", tone: str = ""
) -> dict[str, str]:
    """One number, its denominator (`of`), and the address of its rows (`href`).

    `tone`: money-in, money-out, attention, refused, or nothing.
    """
    return {"label": label, "value": value, "of": of, "href": href, "note": note, "tone": tone}


def _cell(table: Table, column: Column, row: Any) -> dict[str, Any]:
    value = row.get(column.name)
    tone = ""
    if column.kind == "signed" and value:
        tone = "money-in" if value > 0 else "money-out"
    text = "" if value is None and column.name not in row else cell_text(table, column, value)
    return {
        "label": column.label,
        "text": breakable(text) if column.kind == "code" else text,
        "href": row.get(column.href, "") if column.href else "",
        "class": " ".join(filter(None, ("num" if column.kind in NUMERIC else column.kind, tone))),
    }


@register.inclusion_tag("components/table.html", takes_context=True)
def table(context: Context, table: Table) -> dict[str, Any]:
    """A `Table` that becomes cards on a phone."""
    columns = table.columns
    return {
        "table": table,
        "heads": [
            {"label": c.label, "class": "num" if c.kind in NUMERIC else c.kind} for c in columns
        ],
        "rows": [[_cell(table, c, row) for c in columns] for row in table.rows],
        "total": [_cell(table, c, table.total) for c in columns] if table.total else [],
        "request": context.get("request"),
    }


@register.inclusion_tag("components/chart.html", takes_context=True)
def chart(context: Context, chart: Chart, png_href: str = "", level: int = 3) -> dict[str, Any]:
    """A `Chart` drawn for three widths, its legend, and its table behind it."""
    return {
        "chart": chart,
        "legend": legend_of(chart.categories),
        "wide": chart_svg(chart, width=880),
        "middle": chart_svg(chart, width=540),
        "narrow": chart_svg(chart, width=330),
        "png_href": png_href,
        "level": level,
        "request": context.get("request"),
    }


@register.inclusion_tag("components/map.html")
def map(city_map: Map) -> dict[str, Any]:  # noqa: A001 - the word a template wants
    """A `Map`: server-drawn, each line a link; without geometry it says so."""
    return {"map": city_map, "legend": legend_of(city_map.categories)}


@register.inclusion_tag("components/statement.html")
def statement(statement: Statement) -> dict[str, Statement]:
    """A `Statement`, printable."""
    return {"statement": statement}


@register.inclusion_tag("components/progress.html")
def progress(
    label: str, done: int, of: int, *, poll: str = "", note: str = "", every_s: int = 2
) -> dict[str, Any]:
    """How far a long work is. `poll` answers this same component again; empty when it ended."""
    return {
        "label": label,
        "done": done,
        "of": of,
        "poll": poll,
        "note": note,
        "every_s": every_s,
        "percent": formats.percent_text(done, of),
    }


@register.inclusion_tag("components/empty.html")
def empty(text: str, action: str = "", href: str = "") -> dict[str, str]:
    """Nothing here yet: why, and what to do about it."""
    return {"text": text, "action": action, "href": href}


@register.inclusion_tag("components/refusal.html")
def refusal(refusal: Any) -> dict[str, Any]:
    """A refusal inside a page: a `Refused`, or what `trama.web.refusals.said` made of it."""
    return {"refusal": said(refusal) if isinstance(refusal, Refused) else refusal}


@register.inclusion_tag("components/notice.html")
def notice(text: str, tone: str = "synthetic", title: str = "") -> dict[str, str]:
    """A sentence set apart. `tone`: synthetic, attention, refused, money-in, plain."""
    return {"text": text, "tone": tone, "title": title}


@register.inclusion_tag("components/source.html")
def source(name: str, licence: str, href: str = "", when: str = "") -> dict[str, str]:
    """Whose data this page shows and under which licence."""
    return {"name": name, "licence": licence, "href": href, "when": when}


@register.inclusion_tag("components/crumbs.html")
def crumbs(*parts: str) -> dict[str, Sequence[Any]]:
    """`{% crumbs city.name city_url "Tariffs" %}`: label, address, ..., the page's own label."""
    pairs = list(zip(parts[:-1:2], parts[1::2], strict=False))
    return {"links": pairs, "here": parts[-1:]}


@register.inclusion_tag("components/tabs.html")
def tabs(label: str, items: Sequence[tuple[str, str]], current: str = "") -> dict[str, Any]:
    """A row of pages: `items` are (label, address); `current` is the address of this one."""
    return {"label": label, "items": items, "current": current}


@register.inclusion_tag("components/field.html")
def field(bound_field: Any) -> dict[str, Any]:
    """One field of a form: label, control, help and errors tied together."""
    return {"field": bound_field}


@register.inclusion_tag("components/language_switch.html", takes_context=True)
def language_switch(context: Context) -> dict[str, Any]:
    """The languages; choosing one stays on the page."""
    request: HttpRequest | None = context.get("request")
    return {
        "languages": [(code, LANGUAGE_NAMES.get(code, code)) for code, _ in settings.LANGUAGES],
        "chosen": translation.get_language(),
        "here": request.get_full_path() if request else "/",
        "csrf_token": context.get("csrf_token"),
    }


@register.inclusion_tag("components/theme_switch.html", takes_context=True)
def theme_switch(context: Context) -> dict[str, Any]:
    """By day, by night, or as the device says."""
    request: HttpRequest | None = context.get("request")
    return {
        "theme": context.get("theme", ""),
        "here": request.get_full_path() if request else "/",
        "csrf_token": context.get("csrf_token"),
    }


@register.inclusion_tag("components/account.html", takes_context=True)
def account(context: Context) -> dict[str, Any]:
    """Who is signed in, or the way to sign in."""
    return {
        "user": context.get("user"),
        "request": context.get("request"),
        "csrf_token": context.get("csrf_token"),
    }
