"""One table, three readers: an eye, a phone and a program."""

import csv
import io
import re

from django.core.paginator import Paginator
from django.template import engines
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from trama.web.tables import FORMULA_STARTS, Column, Table, csv_response, table_csv

COLUMNS = (Column("name", "Operator", href="href"), Column("net", "Net", "signed"))


def drawn(table: Table, address: str = "/rows/?day=2026-04-15") -> str:
    template = engines["django"].from_string("{% load trama %}{% table table %}")
    return template.render({"table": table}, RequestFactory().get(address))


def test_a_row_is_a_heading_a_link_and_labelled_cells() -> None:
    rows = [{"name": "<BEA>", "href": "/bea/", "net": -5}]
    html = drawn(Table("Clearing", COLUMNS, rows, currency="MXN"))
    assert '<th scope="row" class="text"><a href="/bea/">&lt;BEA&gt;</a></th>' in html
    assert 'class="num money-out" data-label="Net">−$0.05</td>' in html
    assert "<caption>Clearing</caption>" in html


def test_an_empty_table_says_why() -> None:
    html = drawn(Table("Clearing", COLUMNS, [], empty="Nobody was carried."))
    assert "<table" not in html
    assert "Nobody was carried." in html


def test_paging_keeps_the_rest_of_the_address() -> None:
    page = Paginator(range(95), 10).page(3)
    rows = [{"name": str(n), "net": n} for n in page.object_list]
    html = drawn(Table("Taps", COLUMNS, rows, currency="MXN", page=page))
    links = re.findall(r'rel="(\w+)" href="([^"]+)"', html)
    assert links == [
        ("prev", "?day=2026-04-15&amp;page=2"),
        ("next", "?day=2026-04-15&amp;page=4"),
    ]


@given(st.lists(st.tuples(st.text(), st.none() | st.integers(-(10**12), 10**12))))
def test_a_file_says_what_the_rows_say(pairs: list[tuple[str, int | None]]) -> None:
    table = Table("T", COLUMNS, [{"name": n, "net": m} for n, m in pairs], currency="MXN")
    header, *lines = csv.reader(io.StringIO(table_csv(table), newline=""))
    assert header == ["Operator", "Net"]
    for (name, minor), (shown, amount) in zip(pairs, lines, strict=True):
        assert shown.removeprefix("'") == name.removeprefix("'")
        assert not shown.startswith(FORMULA_STARTS)
        assert amount == ("" if minor is None else f"{'-' * (minor < 0)}{abs(minor) / 100:.2f}")


def test_a_file_has_a_name_and_a_mark_for_spreadsheets() -> None:
    response = csv_response(Table("T", COLUMNS, []), "taps.csv")
    assert response.headers["Content-Disposition"] == 'attachment; filename="taps.csv"'
    assert response.content.startswith("\ufeff".encode())
