"""Questions to the ledger. Querysets and records; nothing here writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from django.db.models import Count, Q, QuerySet, Sum

from trama.core.refusals import Refused, gettext_noop
from trama.foundations.ledger.currencies import CURRENCIES
from trama.foundations.ledger.kinds import signed_balance
from trama.foundations.ledger.models import Account, Balance, Batch, Outbox, Posting

LAST = "\U0010ffff"
"""Sorts after every character, so that a prefix is a range that the index can answer."""


@dataclass(frozen=True, slots=True)
class TrialLine:
    """One currency: all debits and credits ever posted, and what is still held."""

    currency: str
    accounts: int
    debits_minor: int
    credits_minor: int
    debits_pending_minor: int
    credits_pending_minor: int

    @property
    def difference_minor(self) -> int:
        """Zero, or somebody has changed the books."""
        return self.debits_minor - self.credits_minor


@dataclass(frozen=True, slots=True)
class Sums:
    """How many accounts there are, and all that was ever posted to them."""

    accounts: int
    debits_minor: int
    credits_minor: int


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One posting as one of its accounts sees it; `amount_minor` and `balance_minor` are above
    zero on the side on which that kind of account grows. A hold changes `held_minor` only."""

    number: int
    source: str
    timestamp_ns: int
    counterpart: str
    code: int
    amount_minor: int
    held_minor: int
    balance_minor: int


def accounts(*, prefix: str = "") -> QuerySet[Account]:
    """Accounts whose name begins with `prefix`, by name, each with its `balance`."""
    found = Account.objects.select_related("balance").order_by("name")
    return found.filter(name__gte=prefix, name__lt=prefix + LAST) if prefix else found


def find_account(name: str) -> Account | None:
    """The account of that name with its `balance`, if there is one."""
    return Account.objects.select_related("balance").filter(name=name).first()


def get_account(name: str) -> Account:
    """The account of that name with its `balance`; refuses an unknown name."""
    account = find_account(name)
    if account is None:
        raise Refused(
            "ledger_account_unknown",
            gettext_noop("There is no account {name}."),
            remedy=gettext_noop("Open it first."),
            name=name,
        )
    return account


def get_balance_minor(name: str) -> int:
    """The posted balance of an account, above zero on the side on which its kind grows."""
    account = get_account(name)
    balance = account.balance
    return signed_balance(account.code, balance.debits_posted_minor, balance.credits_posted_minor)


def balances(names: Sequence[str]) -> dict[str, Balance]:
    """Balances by account name; names without an account are left out."""
    found = Balance.objects.select_related("account").filter(account__name__in=names)
    return {balance.account.name: balance for balance in found}


def find_posting(source: str) -> Posting | None:
    """The posting of a source with its accounts, if it happened."""
    return Posting.objects.select_related("debit", "credit").filter(source=source).first()


def postings(*, source_prefix: str = "") -> QuerySet[Posting]:
    """Postings whose source begins with `source_prefix`, by source, with their accounts."""
    found = Posting.objects.select_related("debit", "credit").order_by("source")
    if not source_prefix:
        return found
    return found.filter(source__gte=source_prefix, source__lt=source_prefix + LAST)


def postings_of(name: str) -> QuerySet[Posting]:
    """Postings that debit or credit one account, newest first, with both accounts."""
    account = get_account(name)
    return (
        Posting.objects.select_related("debit", "credit")
        .filter(Q(debit=account) | Q(credit=account))
        .order_by("-number")
    )


def statement(name: str, *, before: int | None = None, limit: int = 50) -> list[StatementLine]:
    """The last `limit` postings of an account, newest first; `before` continues from a number."""
    account = get_account(name)
    found = Posting.objects.select_related("debit", "credit").order_by("-number")
    if before is not None:
        found = found.filter(number__lt=before)
    # Each side has an index that ends in the number; a query for either side would sort them all.
    sides = (found.filter(debit=account)[:limit], found.filter(credit=account)[:limit])
    newest = sorted(chain.from_iterable(sides), key=lambda posting: -posting.number)
    return [_line(posting, account) for posting in newest[:limit]]


def trial_balance() -> list[TrialLine]:
    """Every currency's sums. Debits equal credits, or the books were changed by force."""
    rows = (
        Balance.objects.values("account__ledger")
        .annotate(
            accounts=Count("account"),
            debits=Sum("debits_posted_minor"),
            credits=Sum("credits_posted_minor"),
            debits_pending=Sum("debits_pending_minor"),
            credits_pending=Sum("credits_pending_minor"),
        )
        .order_by("account__ledger")
    )
    return [
        TrialLine(
            CURRENCIES[row["account__ledger"]],
            row["accounts"],
            row["debits"],
            row["credits"],
            row["debits_pending"],
            row["credits_pending"],
        )
        for row in rows
    ]


def sums(*, prefix: str) -> Sums:
    """What the accounts whose name begins with `prefix` add up to."""
    found = accounts(prefix=prefix).aggregate(
        accounts=Count("number"),
        debits=Sum("balance__debits_posted_minor", default=0),
        credits=Sum("balance__credits_posted_minor", default=0),
    )
    return Sums(found["accounts"], found["debits"], found["credits"])


def find_last_batch() -> Batch | None:
    """The newest batch: its hash seals every row before it."""
    return Batch.objects.order_by("-number").first()


def undelivered(*, limit: int = 100) -> QuerySet[Outbox]:
    """Batches that others were not told of yet, oldest first."""
    found = Outbox.objects.select_related("batch").filter(delivered_at_s=None)
    return found.order_by("batch_id")[:limit]


def postings_of_batch(batch: Batch) -> QuerySet[Posting]:
    """The postings of a batch in order, with their accounts."""
    first = batch.first_posting
    return (
        Posting.objects.select_related("debit", "credit")
        .filter(number__gte=first, number__lt=first + batch.postings)
        .order_by("number")
    )


def _line(posting: Posting, account: Account) -> StatementLine:
    on_debit = posting.debit_id == account.number
    debits, credits_ = (
        (posting.debit_debits_posted_minor, posting.debit_credits_posted_minor)
        if on_debit
        else (posting.credit_debits_posted_minor, posting.credit_credits_posted_minor)
    )
    change = posting.posted_minor if on_debit else -posting.posted_minor
    return StatementLine(
        number=posting.number,
        source=posting.source,
        timestamp_ns=posting.timestamp_ns,
        counterpart=posting.credit.name if on_debit else posting.debit.name,
        code=posting.code,
        amount_minor=signed_balance(account.code, change, 0),
        held_minor=posting.held_minor,
        balance_minor=signed_balance(account.code, debits, credits_),
    )
