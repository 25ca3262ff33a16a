"""A drawing says what its rows say, in the page's own colours, and harms nobody."""

import html
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from trama.web.charts import Chart, bars, chart_svg, heat, legend_of, png_response, timeline
from trama.web.charts.categories import categories_of
from trama.web.style import day_chart, dot_chart, matrix_chart, share_chart
from trama.web.tables import Table
from trama.web.tokens import tokens

NOTHING = Table("Nothing", [], [])
TABLE = Table("Something", [], [{}])


def test_every_kind_is_an_accessible_picture_in_the_page_s_colours() -> None:
    for chart in (day_chart(), share_chart(), matrix_chart(), dot_chart()):
        svg = chart_svg(chart)
        assert 'role="img"' in svg
        assert re.search(r'aria-labelledby="(t\w+) (d\w+)"><title id="\1">', svg)
        assert not re.search(r"#[0-9a-f]{3,6}\b", svg)
        assert not re.search(r" (style|on\w+|class)=", svg)
        assert set(re.findall(r"var\(--([\w-]+)\)", svg)) <= set(tokens())


def test_text_in_a_drawing_cannot_leave_it() -> None:
    evil = '<script>alert("1")</script>'
    rows = [{"name": evil, "taps": 3}]
    svg = chart_svg(
        bars(evil, rows, label="name", value="taps", table=Table(evil, [], rows), description=evil)
    )
    assert "<script" not in svg
    assert "&lt;script&gt;" in svg


def test_numbers_in_a_drawing_are_not_shortened() -> None:
    rows = [{"a": "A", "d": "D", "v": 1_237, "t": 'class="x" 1.237'}]
    svg = chart_svg(heat("M", rows, across="a", down="d", value="v", text="t", table=TABLE))
    assert 'class="x" 1.237<' in html.unescape(svg)


def test_nothing_is_drawn_of_no_rows() -> None:
    assert chart_svg(bars("Empty", [], label="a", value="b", table=NOTHING)) == ""


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "quarter": st.integers(0, 95),
            "category": st.sampled_from("abcdefgh"),
            "count": st.integers(0, 10**6),
        }
    ),
    min_size=1,
)


@given(ROWS)
def test_a_stack_is_as_high_as_its_counts(rows: list[dict[str, Any]]) -> None:
    chart = timeline("Day", rows)
    tops: dict[int, int] = {}
    for value in chart.spec["data"]["values"]:
        tops[value["q"]] = max(tops.get(value["q"], 0), value["high"])
    counts: dict[int, int] = {}
    for row in rows:
        counts[row["quarter"]] = counts.get(row["quarter"], 0) + row["count"]
    assert tops == counts
    assert [row["all"] for row in chart.table.rows] == [counts[q] for q in sorted(counts)]


def test_the_table_behind_a_day_tells_the_wall_clock() -> None:
    rows = [{"quarter": quarter, "category": "BEA", "count": 1} for quarter in (0, 83, 95)]
    table = timeline("Day", rows, first_hour=3).table
    assert [row["from"] for row in table.rows] == ["03:00", "23:45", "02:45"]


def test_a_day_of_bars_is_light_enough_for_a_phone() -> None:
    assert len(chart_svg(day_chart())) < 20_000


def test_a_large_matrix_leaves_its_text_to_the_table() -> None:
    def matrix(size: int) -> Chart:
        rows = [{"a": i, "d": j, "v": i * j, "t": "x"} for i in range(size) for j in range(size)]
        return heat("M", rows, across="a", down="d", value="v", text="t", table=NOTHING)

    assert len(matrix(8).spec["layer"]) == 2
    assert len(matrix(9).spec["layer"]) == 1


def test_a_legend_names_six_and_counts_the_rest() -> None:
    found = categories_of([{"c": n} for n in range(31)], "c")
    assert [colour for _, colour in legend_of(found)] == [
        *(f"cat-{n}" for n in range(1, 7)),
        "cat-other",
    ]
    assert "25" in legend_of(found)[-1][0]


def test_a_picture_is_a_picture() -> None:
    response = png_response(share_chart(), "share.png")
    assert response.content.startswith(b"\x89PNG")
    assert response.headers["Content-Disposition"] == 'attachment; filename="share.png"'
