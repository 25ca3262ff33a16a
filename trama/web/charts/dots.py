"""One measure against another."""

from collections.abc import Sequence

from trama.web.charts.categories import Row
from trama.web.charts.drawing import Chart
from trama.web.tables import Table


def dots(
    title: str,
    rows: Sequence[Row],
    *,
    x: str,
    y: str,
    label: str,
    table: Table,
    x_title: str = "",
    y_title: str = "",
    description: str = "",
) -> Chart:
    """One dot for each row at (`row[x]`, `row[y]`), both numbers; `row[label]` names it."""
    values = [{"x": row[x], "y": row[y], "label": str(row[label])} for row in rows]
    number = {"type": "quantitative"}
    ticks = {"tickCount": 5}
    dot = {"type": "point", "filled": True, "size": 70, "color": "var(--cat-1)", "opacity": 1}
    name = {"type": "text", "dy": -11, "fill": "var(--ink-soft)", "fontSize": 11}
    spec = {
        "height": 280,
        "data": {"values": values},
        "encoding": {
            "x": {**number, "field": "x", "title": x_title or None, "axis": ticks},
            "y": {
                **number,
                "field": "y",
                "title": y_title or None,
                "axis": {**ticks, "domain": False, "ticks": False},
            },
        },
        "layer": [{"mark": dot}, {"mark": name, "encoding": {"text": {"field": "label"}}}],
    }
    return Chart(title, description, spec, table)
