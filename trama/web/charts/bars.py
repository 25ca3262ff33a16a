"""One horizontal bar for each row."""

from collections.abc import Sequence

from trama.web.charts.categories import Row
from trama.web.charts.drawing import Chart
from trama.web.tables import Table


def bars(
    title: str, rows: Sequence[Row], *, label: str, value: str, table: Table, description: str = ""
) -> Chart:
    """One horizontal bar for each row: `row[label]` (text), `row[value]` (int).

    The number stands at the end of its bar, so that it is read and not guessed.
    """
    names = {"domain": False, "ticks": False, "labelLimit": 130, "labelColor": "var(--ink)"}
    y = {"field": "label", "type": "nominal", "sort": None, "title": None, "axis": names}
    room = max((row[value] for row in rows), default=0) * 5 // 4 or 1
    x = {
        "field": "value",
        "type": "quantitative",
        "axis": None,
        "scale": {"domain": [0, room], "nice": False},
    }
    bar = {"type": "bar", "height": 18, "color": "var(--cat-1)"}
    end = {"type": "text", "align": "left", "dx": 6, "fontSize": 12, "fontWeight": 700}
    figure = {"text": {"field": "value", "format": ",d"}}
    spec = {
        "height": {"step": 30},
        "data": {"values": [{"label": str(r[label]), "value": r[value]} for r in rows]},
        "encoding": {"y": y, "x": x},
        "layer": [{"mark": bar}, {"mark": {**end, "fill": "var(--ink)"}, "encoding": figure}],
    }
    return Chart(title, description, spec, table)
