"""From a Vega-Lite specification to an SVG that follows the page's colours, or to a PNG."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from hashlib import blake2b
from html import escape
from pathlib import Path
from typing import Any

import font_manrope
from django.http import HttpResponse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from trama.web.formats import SEPARATORS
from trama.web.tables import Table
from trama.web.tokens import resolved

FONT_FILES = Path(font_manrope.__file__).parent / "files"
_NOISE = re.compile(
    r' (?:aria-[a-z]+|role|class|pointer-events|stroke-miterlimit|xmlns:xlink|version)="[^"]*"'
    r'| opacity="1"| font-family="[^"]*"| transform="translate\(0,0\)"'
)
_EMPTY = re.compile(
    r'<g(?: [^>]*)?></g>|<path [^>]*display="none"[^>]*/>|<path d="(?:M0,0h0v0h0Z)?"[^>]*/>'
)
_ALIKE = re.compile(r'<path d="[^"]*"([^>]*)/>(?:<path d="[^"]*"\1/>)+')
_SHAPE = re.compile(r' d="([^"]*)"')
_TAG = re.compile(r"<[^>]+>")  # what stands between tags is the reader's: not to be touched
_LONG = re.compile(r"(\d+\.\d)\d+")
_ROOT = re.compile(r"^<svg[^>]*?width=\"([\d.]+)\" height=\"([\d.]+)\"[^>]*>")


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing that is not drawn yet.

    `spec` is Vega-Lite without width; colours in it are `var(--token)`. `categories` are
    (label, token) for the legend, which the page writes, not the drawing. `table` holds the
    same rows.
    """

    title: str
    description: str
    spec: dict[str, Any]
    table: Table
    categories: Sequence[tuple[str, str]] = field(default_factory=tuple)


@cache
def _engine() -> Any:
    import vl_convert  # its own engine takes a while to wake up: only pages with charts pay it

    vl_convert.register_font_directory(str(FONT_FILES))
    return vl_convert


def _config(narrow: bool) -> dict[str, Any]:
    size = 11 if narrow else 12
    axis = {
        "labelColor": "var(--ink-soft)",
        "titleColor": "var(--ink-soft)",
        "gridColor": "var(--line)",
        "domainColor": "var(--line-strong)",
        "tickColor": "var(--line-strong)",
        "labelFontSize": size,
        "titleFontSize": size,
        "titleFontWeight": 600,
        "titlePadding": 8,
        "labelPadding": 6,
        "labelOverlap": True,
    }
    return {"font": "Manrope", "view": {"stroke": None}, "background": None, "axis": axis}


def number_locale(language: str | None = None) -> dict[str, Any]:
    """The d3-format locale of a language (the active one by default)."""
    group, point = SEPARATORS.get(language or get_language() or "", SEPARATORS["en"])
    return {"decimal": point, "thousands": group, "grouping": [3], "currency": ["$", ""]}


@lru_cache(maxsize=256)
def _drawn(spec: str, locale: str) -> str:
    svg: str = _engine().vegalite_to_svg(spec, format_locale=json.loads(locale))
    return svg


def drawn(spec: str) -> str:
    """A specification (JSON) as the engine draws it, not kept."""
    svg: str = _engine().vegalite_to_svg(spec)
    return svg


def _sized(chart: Chart, width: int) -> str:
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        **chart.spec,
        "width": width,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "padding": 2,
        "config": _config(narrow=width < 480),
    }
    return json.dumps(spec, default=str, sort_keys=True)


def _tidy(svg: str) -> str:
    """Without what a page does not need: roles of single marks, classes, long decimals."""
    svg = _TAG.sub(lambda tag: _LONG.sub(r"\1", _NOISE.sub("", tag.group())), svg)
    while True:
        smaller = _EMPTY.sub("", svg)
        if smaller == svg:
            return _ALIKE.sub(_joined, svg)
        svg = smaller


def _joined(run: re.Match[str]) -> str:
    """Neighbours that look alike as one path: a day of bars is a fifth of the bytes."""
    return f'<path d="{"".join(_SHAPE.findall(run.group()))}"{run.group(1)}/>'


def chart_svg(chart: Chart, *, width: int = 880) -> SafeString:
    """The drawing for a page: `role="img"` with title and description, `width` pixels of detail.

    It scales down with its container. Drawn once per content, language and width.
    """
    if not chart.table.rows:
        return SafeString("")
    spec = _sized(chart, width)
    name = blake2b(spec.encode(), digest_size=6).hexdigest()
    opening = (
        rf'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \1 \2" role="img"'
        rf' aria-labelledby="t{name} d{name}"><title id="t{name}">{_literal(chart.title)}</title>'
        rf'<desc id="d{name}">{_literal(chart.description or chart.title)}</desc>'
    )
    svg = _ROOT.sub(opening, _tidy(_drawn(spec, json.dumps(number_locale()))), count=1)
    return mark_safe(svg)  # noqa: S308 - drawn here; every text in it was escaped


def _literal(text: str) -> str:
    return escape(str(text)).replace("\\", r"\\")


def chart_png(chart: Chart, *, width: int = 880) -> bytes:
    """The same drawing as a picture, in the colours of the day, at twice its size."""
    spec = json.loads(resolved(_sized(chart, width)))
    spec["background"] = resolved("var(--surface)")
    spec["title"] = {"text": str(chart.title), "anchor": "start", "fontSize": 15}
    png: bytes = _engine().vegalite_to_png(spec, scale=2, format_locale=number_locale())
    return png


def svg_response(chart: Chart, filename: str) -> HttpResponse:
    """A download of the drawing that stands alone: colours resolved, font by family."""
    svg = resolved(_drawn(_sized(chart, 880), json.dumps(number_locale())))
    return _download(svg.encode(), "image/svg+xml", filename)


def png_response(chart: Chart, filename: str) -> HttpResponse:
    """A download of the picture."""
    return _download(chart_png(chart), "image/png", filename)


def _download(body: bytes, content_type: str, filename: str) -> HttpResponse:
    disposition = f'attachment; filename="{filename}"'
    return HttpResponse(
        body, content_type=content_type, headers={"Content-Disposition": disposition}
    )
