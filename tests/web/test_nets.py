"""Bars to both sides of nothing."""

from trama.web.charts import chart_svg, nets
from trama.web.tables import Column, Table

ROWS = [
    {"who": "Alfa", "net": 300, "text": "+$3.00"},
    {"who": "Beta", "net": 0, "text": "$0.00"},
    {"who": "Gama", "net": -300, "text": "−$3.00"},
]


def test_what_is_paid_stands_right_what_pays_left_and_each_says_its_amount() -> None:
    table = Table("Nets", [Column("who", "Who")], ROWS)
    chart = nets("Nets", ROWS, label="who", value="net", text="text", table=table)
    svg = chart_svg(chart, width=540)
    for row in ROWS:
        assert str(row["text"]) in svg
    assert svg.count("var(--money-in)") >= 1
    assert svg.count("var(--money-out)") >= 1


def test_nothing_at_all_can_be_drawn() -> None:
    empty = Table("Nets", [], [])
    assert chart_svg(nets("N", [], label="a", value="b", text="c", table=empty)) == ""
