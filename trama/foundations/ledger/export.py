"""Writing the journal out, a posting at a time, however many there are."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TextIO

from trama.foundations.ledger import journal
from trama.foundations.ledger.currencies import CURRENCIES
from trama.foundations.ledger.models import Account, Batch, Posting

AT_ONCE = 10_000


def write_journal(file: TextIO, *, city: str = "") -> int:
    """Write the journal to `file`; how many postings it has. See `journal_lines`."""
    count = 0
    for is_posting, text in _directives(city):
        file.write(text)
        count += is_posting
    return count


def journal_lines(*, city: str = "") -> Iterator[str]:
    """The accounts and the posted movements as beancount, a directive at a time.

    The date is the UTC day of the instant that the caller of the posting gave. Every account opens
    on the first day of the ledger: what only held money, and moved none, is not in a journal.
    `city` keeps the accounts that name it second (`rider:gdl:...`) and the postings between them.
    """
    return (text for _, text in _directives(city))


def _directives(city: str) -> Iterator[tuple[bool, str]]:
    """Texts, and whether each is a posting."""
    first = Batch.objects.order_by("at_s").first()
    if first is None:
        return
    for line in journal.head("Trama"):
        yield False, line
    names: dict[int, str] = {}
    day = _day(first.at_s)
    for account in Account.objects.order_by("number").iterator(AT_ONCE):
        if not city or account.name.split(":")[1:2] == [city]:
            name = journal.account_name(account.name, account.code, account.number)
            names[account.number] = name
            yield False, journal.opening(day, name, CURRENCIES[account.ledger])
    yield from ((True, text) for text in _entries(names))


def _entries(names: dict[int, str]) -> Iterator[str]:
    postings = Posting.objects.filter(posted_minor__gt=0).order_by("number")
    fields = ("source", "debit_id", "credit_id", "posted_minor", "ledger", "batch__at_s")
    for source, debit, credit, minor, ledger, at_s in postings.values_list(*fields).iterator(
        AT_ONCE
    ):
        if debit in names and credit in names:
            amount = journal.amount_text(minor, CURRENCIES[ledger])
            yield journal.entry(_day(at_s), source, names[debit], names[credit], amount)


def _day(instant_s: int) -> str:
    return datetime.fromtimestamp(instant_s, UTC).date().isoformat()
