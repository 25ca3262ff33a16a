"""The journal is one that beancount's own checker accepts."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.foundations.ledger.books import AT_S, FREE, hold, move, open_some, post
from trama.foundations.ledger import actions
from trama.foundations.ledger.journal import account_name
from trama.foundations.ledger.orders import NewAccount

ANA, BETO, BEA, _ = FREE
DAY_S = 86_400


def export(to: Path, *arguments: str) -> str:
    call_command("export_journal", *arguments, to=to, skip_checks=True)
    return to.read_text()


@pytest.mark.django_db
@pytest.mark.data_layer
def test_bean_check_accepts_the_journal(tmp_path: Path) -> None:
    open_some()
    odd = 'charge:gdl:"quoted" \\ ñ\n2'
    actions.open_accounts(
        accounts=[
            NewAccount(name="rider:gdl:Ñandú ünï__x", code=1100, currency="CLP"),
            NewAccount(name=":::", code=4000, currency="CLP"),
        ],
        at_s=AT_S,
    )
    post(move("charge:gdl:1", ANA, BEA, 1105), move(odd, BETO, BEA, 7), at_s=AT_S + 3 * DAY_S)
    post(move("clp:tol:1", "rider:gdl:Ñandú ünï__x", ":::", 1500, currency="CLP"), at_s=AT_S)
    post(hold("h:gdl:1", ANA, BEA, 3))
    actions.post_pending(source="p:gdl:1", pending_source="h:gdl:1", amount_minor=2, at_s=AT_S)
    text = export(tmp_path / "all.beancount")
    assert "11.05 MXN" in text
    assert "1500 CLP" in text
    assert text.count(" * ") == 4
    checker = Path(sys.executable).with_name("bean-check")
    checked = subprocess.run(
        [checker, tmp_path / "all.beancount"], capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")
    assert export(tmp_path / "gdl.beancount", "gdl").count(" * ") == 3


@pytest.mark.django_db
@pytest.mark.data_layer
def test_an_empty_ledger_is_an_empty_journal(tmp_path: Path) -> None:
    assert export(tmp_path / "none.beancount") == ""


@pytest.mark.parametrize(
    ("name", "code", "expected"),
    [
        ("rider:gdl:ABC", 1100, "Assets:Rider:Gdl:ABC-7"),
        ("collected:gdl:eb jalisco", 2100, "Liabilities:Collected:Gdl:Eb-jalisco-7"),
        ("fees:2026", 4100, "Income:Fees:2026-7"),
        ("é", 5100, "Expenses:Account-7"),
        ("owner", 3000, "Equity:Owner-7"),
    ],
)
def test_names_become_accounts(name: str, code: int, expected: str) -> None:
    found = account_name(name, code, 7)
    assert found == expected
    assert re.fullmatch(r"[A-Z][a-z]+(:[A-Z0-9][A-Za-z0-9-]*)+", found)
