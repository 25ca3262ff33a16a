"""The parts of the ledger's pages, as the components want them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from trama.foundations.ledger.kinds import is_debit_kind, signed_balance
from trama.foundations.ledger.queries import StatementLine, sums
from trama.foundations.registry.models import City
from trama.programmes.mobility.views.access import Reach
from trama.programmes.mobility.views.figures import Figure
from trama.programmes.mobility.views.ledger_words import KINDS
from trama.programmes.mobility.views.rider_parts import account_href, source_href
from trama.programmes.mobility.views.taps import masked
from trama.web import formats
from trama.web.tables import Column, Table

NS = 1_000_000_000
TRAIL = (2, 3, 4, 5)
"""After how many parts of a source a shorter one is worth opening: city, day, revision, moment."""


def kind_href(city: City, kind: str) -> str:
    """The accounts of a kind."""
    return f"{reverse('ledger', args=[city.code])}?kind={kind}#accounts"


def source_prefix(city: City) -> str:
    """What every source of the city begins with."""
    return f"mobility/{city.code}/"


@dataclass(frozen=True, slots=True)
class Trial:
    """The trial balance: its table, and debits less credits as text and as a fact."""

    table: Table
    debits: str
    credits: str
    difference: str
    holds: bool


def trial(city: City) -> Trial:
    """Every debit and credit ever posted to the city's accounts, by kind."""
    rows = []
    for kind in KINDS:
        found = sums(prefix=f"{kind.code}:{city.code}:")
        rows.append(
            {
                "kind": str(kind.name),
                "href": kind_href(city, kind.code),
                "says": str(kind.says),
                "accounts": found.accounts,
                "debits": found.debits_minor,
                "credits": found.credits_minor,
            }
        )
    total = {
        name: sum(int(str(row[name])) for row in rows) for name in ("accounts", "debits", "credits")
    }
    difference = total["debits"] - total["credits"]
    return Trial(
        table=Table(
            caption=_("Trial balance by kind of account"),
            columns=[
                Column("kind", _("Kind"), href="href"),
                Column("says", _("What a balance says")),
                Column("accounts", _("Accounts"), "number"),
                Column("debits", _("Debits"), "money"),
                Column("credits", _("Credits"), "money"),
            ],
            rows=rows,
            total={"kind": _("Together"), **total},
            currency=city.currency,
        ),
        debits=formats.money_text(total["debits"], city.currency),
        credits=formats.money_text(total["credits"], city.currency),
        difference=formats.money_text(difference, city.currency),
        holds=difference == 0,
    )


def accounts_table(city: City, page: Any) -> Table:
    """Accounts with their four sums made two, and the balance on the side on which they grow."""
    rows = [
        {
            "name": account.name,
            "href": account_href(city, account.name),
            "debits": account.balance.debits_posted_minor,
            "credits": account.balance.credits_posted_minor,
            "balance": _balance(account),
        }
        for account in page
    ]
    return Table(
        caption=_("Accounts"),
        columns=[
            Column("name", _("Account"), "code", href="href"),
            Column("debits", _("Debits"), "money"),
            Column("credits", _("Credits"), "money"),
            Column("balance", _("Balance"), "signed"),
        ],
        rows=rows,
        currency=city.currency,
        page=page,
        empty=_("No account begins like that."),
    )


def _balance(account: Any) -> int:
    both = account.balance.debits_posted_minor, account.balance.credits_posted_minor
    return signed_balance(account.code, *both)


def account_figures(city: City, account: Any) -> list[Figure]:
    """Debits, credits, and the balance on the side on which the account grows."""
    side = _("grows by debits") if is_debit_kind(account.code) else _("grows by credits")
    money = formats.money_text
    return [
        Figure(_("Debits"), money(account.balance.debits_posted_minor, city.currency)),
        Figure(_("Credits"), money(account.balance.credits_posted_minor, city.currency)),
        Figure(_("Balance"), money(_balance(account), city.currency), of=side),
    ]


def account_table(reach: Reach, account: Any, lines: Sequence[StatementLine]) -> Table:
    """The postings of an account, newest first, with the balance right after each.

    Tokens in names and sources are masked for whoever is not of the back office.
    """
    by_debit, city = is_debit_kind(account.code), reach.city
    rows = [
        {
            "number": line.number,
            "at": line.timestamp_ns // NS,
            "source": line.source if reach.sees_all else _masked_source(line.source),
            "source_href": source_href(city, line.source) if reach.sees_all else "",
            "other": line.counterpart if reach.sees_all else _masked_name(line.counterpart),
            "other_href": (
                account_href(city, line.counterpart) if reach.may_open(line.counterpart) else ""
            ),
            "debit": abs(line.amount_minor) if (line.amount_minor > 0) == by_debit else None,
            "credit": abs(line.amount_minor) if (line.amount_minor > 0) != by_debit else None,
            "balance": line.balance_minor,
        }
        for line in lines
    ]
    return Table(
        caption=_("Postings, newest first"),
        columns=[
            Column("number", _("Number"), "number"),
            Column("at", _("Written"), "instant"),
            Column("source", _("Source"), "code", href="source_href"),
            Column("other", _("Other account"), "code", href="other_href"),
            Column("debit", _("Debit"), "money"),
            Column("credit", _("Credit"), "money"),
            Column("balance", _("Balance after it"), "money"),
        ],
        rows=rows,
        currency=city.currency,
        timezone=city.timezone,
        empty=_("Nothing was ever posted to this account."),
    )


def _masked_name(name: str) -> str:
    """The name of an account without a rider's token."""
    kind, _, rest = name.partition(":")
    city, _, token = rest.partition(":")
    return f"{kind}:{city}:{masked(token)}" if kind == "rider" else name


def _masked_source(source: str) -> str:
    """A source without a rider's token: `.../charge/TOKEN/COLLECTOR`; a token may hold a slash."""
    head, is_charge, parties = source.partition("/charge/")
    token, _, collector = parties.rpartition("/")
    return f"{head}/charge/{masked(token)}/{collector}" if is_charge else source


def sources_table(city: City, page: Any) -> Table:
    """Postings by source, each with its two accounts."""
    rows = [
        {
            "source": posting.source,
            "at": posting.timestamp_ns // NS,
            "debit": posting.debit.name,
            "debit_href": account_href(city, posting.debit.name),
            "credit": posting.credit.name,
            "credit_href": account_href(city, posting.credit.name),
            "amount": posting.posted_minor,
        }
        for posting in page
    ]
    return Table(
        caption=_("Postings by source"),
        columns=[
            Column("source", _("Source"), "code"),
            Column("debit", _("Debit"), "code", href="debit_href"),
            Column("credit", _("Credit"), "code", href="credit_href"),
            Column("amount", _("Amount"), "money"),
            Column("at", _("Written"), "instant"),
        ],
        rows=rows,
        currency=city.currency,
        timezone=city.timezone,
        page=page,
        empty=_("No posting has a source that begins like that."),
    )


def trail(city: City, source: str) -> list[tuple[str, str]]:
    """The beginnings of a source, from the city to its moment: (part, address)."""
    parts = source.strip("/").split("/")
    return [
        (parts[n - 1], source_href(city, "/".join(parts[:n]) + "/"))
        for n in TRAIL
        if n <= len(parts)
    ]
