"""Tariffs and agreements as documents: what is read, and how a defect is named."""

import dataclasses
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trama.core.refusals import Refused
from trama.programmes.mobility.fares.documents import read_agreement, read_tariff
from trama.programmes.mobility.fares.route_classes import class_of_route
from trama.programmes.mobility.fares.validation import check_together
from trama.programmes.mobility.fares.vocabulary import (
    Cap,
    CashRule,
    Measured,
    Parameter,
    Period,
    Reference,
    RouteClass,
    SplitRule,
    Tariff,
    Window,
)

ROOT = Path(__file__).resolve().parents[4]
DEMO = ROOT / "trama" / "demo" / "data"

EVERYTHING = """
[tariff]
code = "sample"
title = "A fictional city's tariff"
legal_reference = "Decree 1 of 2025"
currency = "MXN"
timezone = "America/Mexico_City"
valid_from = 2025-01-01
valid_to = 2025-12-31
known_since = 2024-11-20
cutover = "04:30"
semester_starts = ["02-01", "08-01"]
replaces = "sample-2024"
unknown = ["The window."]
sources = ["Gazette"]
notes = ["None."]

[[parameter]]
code = "window"
value = 90
unit = "min"
decided = false
note = "Not published."

[[parameter]]
code = "day_cap"
value = "35.00"
unit = "MXN"
decided = true
note = "Article 4."

[[medium]]
code = "card"
name = "Card"

[[medium]]
code = "cash"
name = "Cash"
electronic = false

[[route_class]]
code = "rail"
name = "Rail"
routes = ["R*"]
agencies = ["X"]

[[route_class]]
code = "bus"
name = "Bus"
otherwise = true

[[fare]]
code = "general"
amount = "10.00"

[[fare]]
code = "north_bus"
amount = "8.50 MXN"
operators = ["north"]
route_classes = ["bus"]
media = ["card"]
priority = 1

[[category]]
code = "student"
name = "Student"
price = "5.00"

[[category]]
code = "older"
name = "Older"
discount = "12.5 %"
media = ["card"]

[[transfer]]
code = "bus_to_rail"
from = ["bus"]
to = ["rail"]
media = ["card"]
categories = ["student"]
window = { parameter = "window" }
window_end = "strict"
measured_from = "previous"
max_transfers = 2
price = "2.00"
same_route = false
priority = 3

[[programme]]
code = "school"
name = "To school"
payer = "state"
categories = ["student"]
media = ["card"]
route_classes = ["bus"]
pays = "100 %"
per_day = 4
per_semester = 200
per_year = 400
school_days_only = true

[[cap]]
code = "day"
period = "day"
amount = { parameter = "day_cap" }
cutover = "04:30"
media = ["card"]

[[cap]]
code = "week"
period = "week"
amount = "150.00"
cutover = "04:30"
week_start = "saturday"
categories = ["older"]
route_classes = ["rail"]

[[cash]]
medium = "cash"
gives_change = false
tender_multiple = "0.50"

[school_calendar]
terms = [[2025-02-03, 2025-06-30], [2025-08-11, 2025-12-12]]
holidays = [2025-03-21]
"""

CLEARING = """
[agreement]
code = "clearing"
title = "Clearing"
legal_reference = "Contract 7"
valid_from = 2025-01-01
known_since = 2024-12-01

[[parameter]]
code = "fee"
value = "1.5"
unit = "%"
decided = true
note = "Clause 9."

[[split]]
code = "shares"
rule = "by_fixed_share"
shares = { north = 3, south = 1 }
media = ["card"]
priority = 1

[[split]]
code = "others"
rule = "by_leg_price"

[[collector]]
medium = "card"
by = "issuer"

[[fee]]
code = "fee"
fee = { parameter = "fee" }
to = "authority"
media = ["card"]
"""


def refused(text: str, read: Any = read_tariff) -> Refused:
    """The refusal of a document; its sentence and remedy fill in."""
    with pytest.raises(Refused) as caught:
        read(text)
    refusal = caught.value
    assert refusal.message.format(**refusal.params)
    assert refusal.remedy.format(**refusal.params)
    return refusal


def changed(old: str, new: str, text: str = EVERYTHING) -> str:
    """The document with one change."""
    assert old in text
    return text.replace(old, new, 1)


def test_every_word_of_the_vocabulary_is_read() -> None:
    tariff = read_tariff(EVERYTHING)
    for field in dataclasses.fields(Tariff):
        assert getattr(tariff, field.name) not in ((), None), field.name
    assert (tariff.cutover_s, tariff.semester_starts) == (16_200, ((2, 1), (8, 1)))
    assert [fare.amount_minor for fare in tariff.fares] == [1000, 850]
    assert tariff.categories[1].discount_bps == 1250
    transfer = tariff.transfers[0]
    assert (transfer.window_s, transfer.measured) == (5400, Measured.PREVIOUS)
    assert (transfer.window, transfer.price_minor) == (Window.STRICT, 200)
    assert tariff.caps == (
        Cap("day", Period.DAY, 3500, 16_200, media=("card",)),
        Cap("week", Period.WEEK, 15_000, 16_200, 5, (), ("older",), ("rail",)),
    )
    assert tariff.cash == (CashRule("cash", False, 50),)
    assert tariff.calendar.holidays == (date(2025, 3, 21),)


def test_a_number_may_be_a_parameter_that_nobody_has_decided() -> None:
    tariff = read_tariff(EVERYTHING)
    assert tariff.parameters[0] == Parameter("window", 5400, "s", False, "Not published.")
    assert tariff.references == (
        Reference("transfer", "bus_to_rail", "window", "window"),
        Reference("cap", "day", "amount", "day_cap"),
    )


def test_an_agreement_is_read() -> None:
    agreement = read_agreement(CLEARING)
    assert agreement.splits[0].rule is SplitRule.BY_FIXED_SHARE
    assert agreement.splits[0].shares == (("north", 3), ("south", 1))
    assert (agreement.fees[0].fee_bps, agreement.fees[0].to) == (150, "authority")


@pytest.mark.parametrize("text", ["1", "9.5", "9.500", "9,50", "-9.50", "1e3", "", "９.50"])
def test_an_amount_has_all_its_decimals_or_none(text: str) -> None:
    document = changed('"10.00"', f'"{text}"')
    if text == "1":
        assert read_tariff(document).fares[0].amount_minor == 100
    else:
        assert refused(document).code in ("document_value_wrong", "document_amount_negative")


@pytest.mark.parametrize(
    ("old", "new", "code", "named"),
    [
        ('amount = "10.00"', "amount = 10.00", "document_value_wrong", "amount"),
        ('amount = "10.00"', 'amount = "-10.00"', "document_amount_negative", "-10.00"),
        ('amount = "10.00"', 'amount = "10.00 USD"', "document_currency_wrong", "USD"),
        ('amount = "10.00"', 'amuont = "10.00"', "document_key_missing", "amount"),
        ('currency = "MXN"', 'currency = "XXX"', "document_currency_unknown", "XXX"),
        ('timezone = "America/Mexico_City"', 'timezone = "../etc"', "document_value_wrong", "tim"),
        ("valid_to = 2025-12-31", "valid_to = 2024-12-31", "document_dates_out_of_order", "2024"),
        ("valid_to = 2025-12-31", 'valid_to = "2025-12-31"', "document_value_wrong", "valid_to"),
        ("valid_to = 2025-12-31", "valid_to = 2025-12-31T10:00:00", "document_value_wrong", ""),
        ('cutover = "04:30"', 'cutover = "4:30"', "document_value_wrong", "cutover"),
        ('["02-01", "08-01"]', '["08-01", "02-01"]', "document_value_wrong", "semester"),
        ('["02-01", "08-01"]', '["02-29"]', "document_value_wrong", "semester"),
        ('to = ["rail"]', 'to = ["rial"]', "document_code_unknown", "rail"),
        ('media = ["card"]', 'media = ["kard"]', "document_code_unknown", "card"),
        ('categories = ["student"]', 'categories = ["studen"]', "document_code_unknown", "student"),
        ('media = ["card"]', 'media = ["card", "card"]', "document_value_repeated", "card"),
        ('{ parameter = "window" }', '{ parameter = "windw" }', "document_code_unknown", "window"),
        ('{ parameter = "window" }', '{ parameter = "day_cap" }', "document_parameter_unit", "s"),
        ('unit = "min"', 'unit = "minutes"', "document_value_wrong", "min"),
        ('discount = "12.5 %"', 'discount = "112.5 %"', "document_value_wrong", "50 %"),
        ('window_end = "strict"', 'window_end = "open"', "document_value_wrong", "closed"),
        ("max_transfers = 2", "max_transfers = true", "document_value_wrong", "max_transfers"),
        ("priority = 3", "priority = 3.0", "document_value_wrong", "priority"),
        ('week_start = "saturday"', 'week_start = "sat"', "document_value_wrong", "saturday"),
        ("otherwise = true", 'otherwise = "yes"', "document_value_wrong", "true"),
        ('routes = ["R*"]', 'routes = ["[R]*"]', "document_value_wrong", "routes"),
        ("[2025-08-11, 2025-12-12]", "[2025-12-12, 2025-08-11]", "document_value_wrong", "terms"),
        ('code = "general"', 'code = "General fare"', "document_value_wrong", "code"),
        ("[[fare]]", "[[fares]]", "document_key_unknown", "fare"),
        ("[tariff]", "[tarif]", "document_key_missing", "tariff"),
        ('name = "Rail"', 'name = ""', "document_value_wrong", "name"),
        ('code = "north_bus"', 'code = "general"', "document_code_repeated", "general"),
    ],
)
def test_a_defect_is_refused_with_its_place(old: str, new: str, code: str, named: str) -> None:
    refusal = refused(changed(old, new))
    assert refusal.code == code
    said = (refusal.message + refusal.remedy).format(**refusal.params)
    assert named in said


def test_a_refusal_names_the_line_and_the_nearest_key() -> None:
    document = changed('measured_from = "previous"', 'measured_form = "previous"\nmax = 2')
    document = changed("[[programme]]", 'measured_from = "previous"\n[[programme]]', document)
    refusal = refused(document)
    assert refusal.code == "document_key_unknown"
    line = int(str(refusal.params["line"]))
    assert document.splitlines()[line - 1].startswith("measured_form")
    assert refusal.params["place"] == "[transfer] bus_to_rail · measured_form"
    assert refusal.params["nearest"] == "measured_from"


@pytest.mark.parametrize(
    "text", ["fare = [", "a = 1\na = 2", "a = " + "[" * 5000, "a = " + "9" * 5000, "a = 2025-02-30"]
)
def test_what_is_not_toml_is_refused(text: str) -> None:
    assert refused(text).code == "document_syntax"
    assert refused(text, read_agreement).code == "document_syntax"


def test_a_syntax_error_names_its_line() -> None:
    assert "line 3" in str(refused("[tariff]\n\ncode = jalisco\n").params["problem"])


def test_a_huge_document_is_refused_before_it_is_read() -> None:
    assert refused("#" * 200_001).code == "document_too_long"
    many = "".join(f'[[fare]]\ncode = "f{i}"\namount = "1.00"\n' for i in range(300))
    assert refused(EVERYTHING + many).code == "document_too_many_rules"


FARE = '\n[[fare]]\ncode = "second"\namount = "9.00"\n'
TRANSFER = """
[[transfer]]
code = "second"
window = "60 min"
window_end = "closed"
measured_from = "first"
max_transfers = 1
discount = "50 %"
"""
PROGRAMME = """
[[programme]]
code = "second"
name = "Second"
payer = "city"
categories = ["student"]
pays = "50 %"
"""
CAP = '\n[[cap]]\ncode = "second"\nperiod = "day"\ncutover = "04:30"\n'


@pytest.mark.parametrize(
    ("added", "first", "example"),
    [
        (FARE, "general", "*"),
        (FARE + 'operators = ["north"]\nroute_classes = ["bus"]\npriority = 1', "north_bus", "bus"),
        (TRANSFER + "priority = 3", "bus_to_rail", "rail"),
        (TRANSFER + 'priority = 3\nfrom = ["bus"]', "bus_to_rail", "student"),
        (PROGRAMME, "school", "student"),
    ],
)
def test_two_rules_that_answer_one_case_differently_are_refused(
    added: str, first: str, example: str
) -> None:
    refusal = refused(EVERYTHING + added)
    assert refusal.code == "rules_contradict"
    assert (refusal.params["first"], refusal.params["second"]) == (first, "second")
    assert example in str(refusal.params["example"])


@pytest.mark.parametrize(
    "added",
    [
        FARE + 'priority = 1\noperators = ["south"]',
        FARE + 'priority = 2\nmedia = ["cash"]',
        TRANSFER,
        TRANSFER + 'priority = 3\nto = ["bus"]',
        TRANSFER + 'priority = 3\ncategories = ["older"]',
        PROGRAMME + "priority = 1",
        PROGRAMME + 'route_classes = ["rail"]',
        CAP + 'amount = "30.00"\nroute_classes = ["bus"]',
        CAP + 'amount = "40.00"\nmedia = ["cash", "card"]',
    ],
)
def test_rules_that_never_meet_or_have_an_order_are_fine(added: str) -> None:
    read_tariff(EVERYTHING + added)


@pytest.mark.parametrize(
    ("added", "hidden", "by"),
    [
        (FARE + "priority = 5", "general", "second"),
        (FARE + 'priority = -1\nmedia = ["cash"]', "second", "general"),
        (CAP + 'amount = "36.00"\nmedia = ["card"]', "second", "day"),
        (CAP + 'amount = "35.00"\nroute_classes = ["bus"]\nmedia = ["card"]', "second", "day"),
        (CAP.replace('"day"', '"week"') + 'amount = "30.00"\nmedia = ["card"]', "day", "second"),
    ],
)
def test_a_rule_that_another_always_hides_is_refused(added: str, hidden: str, by: str) -> None:
    refusal = refused(EVERYTHING + added)
    assert refusal.code == "rule_is_hidden"
    assert (refusal.params["rule"], refusal.params["other"]) == (hidden, by)


@pytest.mark.parametrize(
    ("window", "end", "most", "is_hidden"),
    [
        ("90 min", "strict", 2, True),
        ("89 min", "closed", 2, False),
        ("90 min", "closed", 2, True),
        ("90 min", "closed", 1, False),
    ],
)
def test_a_transfer_is_hidden_only_by_one_that_lasts_as_long(
    window: str, end: str, most: int, is_hidden: bool
) -> None:
    wide = (
        TRANSFER.replace("60 min", window)
        .replace('"closed"', f'"{end}"')
        .replace('"first"', '"previous"')
        .replace("max_transfers = 1", f"max_transfers = {most}")
    )
    if is_hidden:
        assert refused(EVERYTHING + wide + "priority = 9").code == "rule_is_hidden"
    else:
        read_tariff(EVERYTHING + wide + "priority = 9")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('[[fare]]\ncode = "general"\namount = "10.00"\n', "", "fare_missing"),
        ('code = "general"\n', 'code = "general"\nmedia = ["card"]\n', "fare_missing"),
        ('price = "5.00"', 'price = "5.00"\ndiscount = "5 %"', "rule_answers_twice"),
        ('price = "2.00"', 'price = "2.00"\ndiscount = "5 %"', "rule_answers_twice"),
        ('price = "2.00"', "", "rule_answers_twice"),
        ("max_transfers = 2", "max_transfers = 0", "rule_never_applies"),
        ('media = ["card"]\ncategories', 'media = ["cash"]\ncategories', "rule_never_applies"),
        ('pays = "100 %"', 'pays = "0 %"', "rule_never_applies"),
        ("per_day = 4", "per_day = 0", "programme_limits_contradict"),
        ("per_semester = 200", "per_semester = 500", "programme_limits_contradict"),
        ("terms = [[2025-02-03, 2025-06-30], [2025-08-11, 2025-12-12]]", "terms = []", "rule_nev"),
        ('payer = "state"\ncategories = ["student"]', 'payer = "state"', "rule_never_applies"),
        ("electronic = false", "", "cash_rule_wrong"),
        ('tender_multiple = "0.50"', 'tender_multiple = "0.00"', "cash_rule_wrong"),
        ("otherwise = true", 'agencies = ["X"]', "route_claimed_twice"),
        ("otherwise = true", 'routes = ["*1"]', "route_claimed_twice"),
        ("otherwise = true", "", "rule_never_applies"),
        ('agencies = ["X"]', "otherwise = true", "route_claimed_twice"),
    ],
)
def test_what_contradicts_itself_or_leaves_a_gap_is_refused(old: str, new: str, code: str) -> None:
    assert refused(changed(old, new)).code.startswith(code)


def test_a_fare_for_one_operator_only_leaves_the_others_without_one_at_the_tap() -> None:
    document = changed('code = "general"\n', 'code = "general"\noperators = ["south"]\n')
    assert read_tariff(document).fares[0].operators == ("south",)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("priority = 1", "priority = 0", "rules_contradict"),
        ("shares = { north = 3, south = 1 }", "", "split_shares_wrong"),
        ('rule = "by_leg_price"', 'rule = "by_leg_price"\nshares = { north = 1 }', "split_shares"),
        ("north = 3", "north = 0", "document_value_wrong"),
        ("north = 3", "north = 0.5", "document_value_wrong"),
        ('medium = "card"\nby', 'medium = "card"\nbuy', "document_key_missing"),
        ('{ parameter = "fee" }', '"101 %"', "document_value_wrong"),
        ("[[split]]", "[[splits]]", "document_key_unknown"),
    ],
)
def test_a_defect_of_an_agreement_is_refused(old: str, new: str, code: str) -> None:
    assert refused(changed(old, new, CLEARING), read_agreement).code.startswith(code)


def test_a_medium_has_one_collector_and_one_fee() -> None:
    twice = CLEARING + '\n[[collector]]\nmedium = "card"\nby = "operator"\n'
    assert refused(twice, read_agreement).code == "document_code_repeated"
    twice = CLEARING + '\n[[fee]]\ncode = "other"\nfee = "2 %"\nto = "authority"\n'
    assert refused(twice, read_agreement).code == "rules_contradict"
    none = CLEARING.replace("[[split]]", "[[fee]]")
    assert refused(none, read_agreement).code in ("document_key_missing", "document_rules_missing")


CLASSES = (
    RouteClass("named", "Named", routes=("MP-A01",)),
    RouteClass("pattern", "Pattern", routes=("MP-*", "L?")),
    RouteClass("agency", "Agency", agencies=("BUS",)),
    RouteClass("rest", "Rest", otherwise=True),
)


@pytest.mark.parametrize(
    ("route", "agency", "code"),
    [
        ("MP-A01", "BUS", "named"),
        ("MP-T01", "BUS", "pattern"),
        ("L1", "BUS", "pattern"),
        ("L10", "BUS", "agency"),
        ("L10", "MM", "rest"),
        (None, "BUS", "agency"),
        (None, None, "rest"),
    ],
)
def test_a_route_belongs_to_the_class_that_names_it_most_exactly(
    route: str | None, agency: str | None, code: str
) -> None:
    found = class_of_route(CLASSES, route, agency)
    assert found is not None
    assert found.code == code
    assert class_of_route(CLASSES[:1], "X", None) is None


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(EVERYTHING.splitlines())
        | st.text(max_size=20)
        | st.sampled_from(["[[cap]]", "code = 1", "= 3", "[[tariff]]", 'media = [["x"]]']),
        max_size=40,
    ),
    st.integers(0, 120),
)
def test_any_text_is_read_or_refused_by_name(lines: list[str], kept: int) -> None:
    text = "\n".join([*EVERYTHING.splitlines()[:kept], *lines])
    for read in (read_tariff, read_agreement):
        try:
            read(text)
        except Refused as refusal:
            refusal.message.format(**refusal.params)
            refusal.remedy.format(**refusal.params)


@pytest.mark.parametrize("path", sorted(DEMO.glob("*/tariff*.toml")), ids=lambda p: p.stem)
def test_the_demo_tariffs_are_documents_without_defect(path: Path) -> None:
    tariff = read_tariff(path.read_text(encoding="utf-8"))
    assert tariff.unknown
    assert tariff.sources


def test_the_examples_of_the_reference_are_one_tariff_and_one_agreement() -> None:
    text = (ROOT / "docs" / "tariffs.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```toml\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    tariff = read_tariff("\n".join(block for block in blocks if "[agreement]" not in block))
    agreement = read_agreement("\n".join(block for block in blocks if "[agreement]" in block))
    check_together(tariff, agreement)
    assert tariff.caps
    assert tariff.programmes
