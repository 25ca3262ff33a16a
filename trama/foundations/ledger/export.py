"""Writing the journal out, a posting at a time, however many there are."""

from datetime import UTC, datetime
from typing import TextIO

from trama.foundations.ledger import journal
from trama.foundations.ledger.currencies import CURRENCIES
from trama.foundations.ledger.models import Account, Batch, Posting


def write_journal(file: TextIO, *, city: str = "") -> int:
    """Write the accounts and the posted movements as beancount; how many postings.

    The date is the UTC day of the instant that the caller of the posting gave. Every account opens
    on the first day of the ledger: what only held money, and moved none, is not in a journal.
    `city` keeps postings whose source names it second (`charge:gdl:...`) and all accounts.
    """
    first = Batch.objects.order_by("at_s").first()
    if first is None:
        return 0
    file.writelines(journal.head("Trama"))
    names: dict[int, str] = {}
    day = _day(first.at_s)
    for account in Account.objects.order_by("number").iterator(10_000):
        name = journal.account_name(account.name, account.code, account.number)
        names[account.number] = name
        file.write(journal.opening(day, name, CURRENCIES[account.ledger]))
    count = 0
    postings = Posting.objects.filter(posted_minor__gt=0).order_by("number")
    fields = ("source", "debit_id", "credit_id", "posted_minor", "ledger", "batch__at_s")
    for source, debit, credit, minor, ledger, at_s in postings.values_list(*fields).iterator(
        10_000
    ):
        if city and city not in source.split(":")[1:2]:
            continue
        amount = journal.amount_text(minor, CURRENCIES[ledger])
        file.write(journal.entry(_day(at_s), source, names[debit], names[credit], amount))
        count += 1
    return count


def _day(instant_s: int) -> str:
    return datetime.fromtimestamp(instant_s, UTC).date().isoformat()
