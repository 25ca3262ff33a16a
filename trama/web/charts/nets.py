"""What each gets and gives: bars to both sides of nothing."""

from collections.abc import Sequence
from typing import Any

from trama.web.charts.categories import Row
from trama.web.charts.drawing import Chart
from trama.web.tables import Table


def nets(
    title: str,
    rows: Sequence[Row],
    *,
    label: str,
    value: str,
    text: str,
    table: Table,
    description: str = "",
) -> Chart:
    """One bar for each row: to the right when `row[value]` (int) is above zero, else to the left.

    `row[text]` is the amount as it is read, sign and all. It stands on the other side of zero,
    where no bar can be in its way.
    """
    most = max((abs(row[value]) for row in rows), default=0) or 1
    values = [{"label": str(r[label]), "value": r[value], "text": str(r[text])} for r in rows]
    names = {"domain": False, "ticks": False, "labelLimit": 120, "labelColor": "var(--ink)"}
    x = {
        "field": "value",
        "type": "quantitative",
        "axis": None,
        "scale": {"domain": [-most, most], "nice": False},
    }
    spec: dict[str, Any] = {
        "height": {"step": 30},
        "data": {"values": values},
        "encoding": {
            "y": {"field": "label", "type": "nominal", "sort": None, "title": None, "axis": names}
        },
        "layer": [_bar(x), _zero(), _amount(above=True), _amount(above=False)],
    }
    return Chart(title, description, spec, table)


def _bar(x: dict[str, Any]) -> dict[str, Any]:
    pays = {"test": "datum.value < 0", "value": "var(--money-out)"}
    colour = {"condition": pays, "value": "var(--money-in)"}
    return {"mark": {"type": "bar", "height": 16}, "encoding": {"x": x, "color": colour}}


def _zero() -> dict[str, Any]:
    return {
        "mark": {"type": "rule", "color": "var(--line-strong)"},
        "encoding": {"x": {"datum": 0}, "y": None},
    }


def _amount(*, above: bool) -> dict[str, Any]:
    side = {"align": "right", "dx": -8} if above else {"align": "left", "dx": 8}
    mark = {"type": "text", "fontSize": 12, "fontWeight": 700, "fill": "var(--ink)", **side}
    return {
        "transform": [{"filter": "datum.value >= 0" if above else "datum.value < 0"}],
        "mark": mark,
        "encoding": {"x": {"datum": 0}, "text": {"field": "text", "type": "nominal"}},
    }
