"""The small parts say what they were given, and no more."""

from typing import Any

from django import forms
from django.template import engines
from django.test import RequestFactory

from trama.core.refusals import Refused
from trama.web.statements import Entry, Leg, Statement, Total


def drawn(source: str, **context: Any) -> str:
    template = engines["django"].from_string("{% load trama %}" + source)
    return " ".join(str(template.render(context, RequestFactory().get("/here/"))).split())


def test_a_figure_opens_to_its_rows_and_names_its_denominator() -> None:
    html = drawn('{% figure "Boardings" 1234|number of="of 2,000 taps" href="/rows/" %}')
    assert '<a href="/rows/">1,234' in html
    assert "of 2,000 taps" in html
    assert "<a" not in drawn('{% figure "Boardings" "1" %}')


def test_long_work_looks_again_until_it_has_ended() -> None:
    at_work = drawn('{% progress "Closing" 37 64 poll="/progress/" %}')
    assert 'hx-get="/progress/" hx-trigger="every 2s" hx-swap="outerHTML"' in at_work
    assert '<progress value="37" max="64"' in at_work
    assert 'href=""' in at_work
    ended = drawn('{% progress "Closing" 64 64 %}')
    assert "hx-get" not in ended
    assert "100.0" in ended
    assert 'max="1"' in drawn('{% progress "Closing" 0 0 %}')


def test_a_refusal_is_announced_with_its_way_out() -> None:
    refusal = Refused("too_late", "{day} is <closed>.", remedy="Ask for {day}.", day="Monday")
    html = drawn("{% refusal refusal %}", refusal=refusal)
    assert 'role="alert"' in html
    assert "Monday is &lt;closed&gt;." in html
    assert "Ask for Monday." in html


def test_crumbs_lead_up_and_tabs_sideways() -> None:
    html = drawn('{% crumbs "Guadalajara" "/gdl/" "Tariff" %}')
    assert '<li><a href="/gdl/">Guadalajara</a></li> <li aria-current="page">Tariff</li>' in html
    items = [("Day", "/day/"), ("Taps", "/taps/")]
    html = drawn('{% tabs "Parts" items "/taps/" %}', items=items)
    assert '<a href="/taps/" aria-current="page">Taps</a>' in html
    assert html.count("aria-current") == 1


def test_invented_data_says_so() -> None:
    assert "◇" in drawn('{% notice "Twenty thousand invented riders." %}')


def test_a_source_names_its_licence() -> None:
    html = drawn('{% source "OpenStreetMap" "ODbL" "https://example.org/" %}')
    assert '<a href="https://example.org/">OpenStreetMap</a> · ODbL' in html


def test_a_statement_explains_every_leg() -> None:
    leg = Leg(1_776_258_000, "Line 3", 550, "Half, for it is a transfer.", "SETIM")
    statement = Statement(
        "Statement",
        "tok",
        "April",
        [Entry("To work", 550, [leg], "/journeys/1/")],
        [Total("Charged", 550, is_final=True)],
        "MXN",
        "America/Mexico_City",
    )
    html = drawn("{% statement statement %}", statement=statement)
    assert "07:00" in html
    assert "Half, for it is a transfer." in html
    assert html.count("$5.50") == 3
    assert '<a href="/journeys/1/">To work</a>' in html


class Form(forms.Form):
    token = forms.CharField(label="Token", help_text="On the back of the card.")


def test_a_field_ties_label_help_and_error_to_its_control() -> None:
    html = drawn("{% field form.token %}", form=Form({}))
    assert '<label for="id_token">' in html
    assert 'aria-describedby="id_token_helptext id_token_error"' in html
    assert 'id="id_token_helptext"' in html
    assert 'id="id_token_error"' in html


def test_nothing_is_written_as_a_dash() -> None:
    assert drawn('{{ none|money:"MXN" }}{{ none|number }}{{ none|day }}', none=None) == "–––"
