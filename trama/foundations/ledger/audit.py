"""Everything recomputed from the rows alone: what `verify_ledger` finds.

The rows are read once, in order, a batch at a time, and nothing kept by the database is believed:
numbers, hashes, balances, holds and the outbox are all made again and compared.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from trama.core.refusals import gettext_noop
from trama.foundations.ledger.models import Account, Balance, Batch, Hold, Outbox, Posting
from trama.foundations.ledger.sealing import BEGINNING, seal
from trama.foundations.ledger.store.batches import ACCOUNT_COLUMNS, POSTING_COLUMNS

PENDING = 2
DETAILS = 100


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference: an English template for the translator, and its parameters."""

    code: str
    message: str
    params: dict[str, object]


@dataclass(slots=True)
class Audit:
    """What was read and what was found; of the findings the first hundred are kept."""

    batches: int = 0
    accounts: int = 0
    postings: int = 0
    differences: int = 0
    findings: list[Finding] = field(default_factory=list)

    def note(self, code: str, message: str, **params: object) -> None:
        """Add a difference."""
        self.differences += 1
        if len(self.findings) < DETAILS:
            self.findings.append(Finding(code, message, params))


@dataclass(slots=True)
class _Books:
    balances: dict[int, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0] * 4))
    last: dict[int, int] = field(default_factory=dict)
    closed: dict[int, bool] = field(default_factory=dict)
    held: dict[int, int] = field(default_factory=dict)
    ledgers: dict[int, int] = field(default_factory=dict)


def audit() -> Audit:
    """Read the whole ledger and compare it with itself."""
    found, books = Audit(), _Books()
    previous, next_account, next_posting, timestamp_ns = BEGINNING, 1, 1, 0
    accounts = Account.objects.order_by("number").values_list(*_names(ACCOUNT_COLUMNS))
    postings = Posting.objects.order_by("number").values_list(*_names(POSTING_COLUMNS), "batch_id")
    account_rows, posting_rows = accounts.iterator(10_000), postings.iterator(10_000)
    for expected, batch in enumerate(Batch.objects.order_by("number").iterator(), start=1):
        found.batches += 1
        in_place = (batch.number, batch.first_account, batch.first_posting)
        if in_place != (expected, next_account, next_posting) or batch.timestamp_ns <= timestamp_ns:
            found.note(
                "batch_out_of_order",
                gettext_noop("Batch {batch} does not follow from the one before."),
                batch=batch.number,
            )
        opened = list(islice(account_rows, batch.accounts))
        posted = list(islice(posting_rows, batch.postings))
        _check_batch(found, batch, previous, opened, posted)
        _open(books, opened)
        for row in posted:
            _follow(found, books, row[:-1])
        found.accounts += len(opened)
        found.postings += len(posted)
        previous, timestamp_ns = bytes(batch.hash), batch.timestamp_ns
        next_account = batch.first_account + batch.accounts
        next_posting = batch.first_posting + batch.postings
    _check_rest(found, account_rows, posting_rows)
    _check_balances(found, books)
    _check_holds(found, books)
    _check_outbox(found)
    return found


def _names(columns: tuple[tuple[str, str], ...]) -> list[str]:
    return [name for name, _ in columns]


def _check_batch(
    found: Audit,
    batch: Batch,
    previous: bytes,
    opened: list[tuple[object, ...]],
    posted: list[tuple[object, ...]],
) -> None:
    names = _names(ACCOUNT_COLUMNS if batch.accounts else POSTING_COLUMNS)
    rows = opened or [row[:-1] for row in posted]
    columns = {name: [row[i] for row in rows] for i, name in enumerate(names)}
    if seal(previous, columns) != bytes(batch.hash):
        found.note(
            "hash_differs",
            gettext_noop("The rows of batch {batch} are not those that its hash sealed."),
            batch=batch.number,
        )
    if any(row[-1] != batch.number for row in posted) or len(rows) != (
        batch.accounts + batch.postings
    ):
        found.note(
            "batch_incomplete",
            gettext_noop("Batch {batch} has lost rows or has rows of another."),
            batch=batch.number,
        )


def _open(books: _Books, opened: list[tuple[object, ...]]) -> None:
    for number, _, ledger, _, flags, *_rest in opened:
        books.balances[number] = [0, 0, 0, 0]  # type: ignore[index]
        books.ledgers[number] = ledger  # type: ignore[index, assignment]
        books.closed[number] = bool(flags & 32)  # type: ignore[index, operator]


def _follow(found: Audit, books: _Books, row: tuple[int, ...]) -> None:
    """Move the two accounts of a posting and compare them with what the posting says."""
    number, source, debit, credit, held, posted, ledger, _, flags, _, *rest = row
    resolves = rest[10]
    if (books.ledgers.get(debit), books.ledgers.get(credit)) != (ledger, ledger):
        found.note(
            "account_missing",
            gettext_noop("Posting {source} names an account that is not of its currency."),
            source=source,
        )
    before = books.balances[debit], books.balances[credit]
    before[0][0] += held
    before[0][1] += posted
    before[1][2] += held
    before[1][3] += posted
    if before[0] + before[1] != list(rest[:8]):
        found.note(
            "running_balance_differs",
            gettext_noop("The running balances of posting {source} do not follow."),
            source=source,
        )
    for account, closed in ((debit, rest[8]), (credit, rest[9])):
        books.last[account], books.closed[account] = number, bool(closed)
    if resolves is not None and books.held.pop(resolves, None) != -held:
        found.note(
            "nothing_was_held",
            gettext_noop("Posting {source} releases what was not held."),
            source=source,
        )
    if flags & PENDING:
        books.held[number] = held


def _check_rest(found: Audit, accounts: Iterator[object], postings: Iterator[object]) -> None:
    for rows in (accounts, postings):
        if next(rows, None) is not None:
            found.note(
                "rows_without_batch",
                gettext_noop("There are rows after the end of the last batch."),
            )


def _check_balances(found: Audit, books: _Books) -> None:
    totals: dict[int, int] = defaultdict(int)
    seen = 0
    for balance in Balance.objects.order_by("account_id").iterator(10_000):
        seen += 1
        number = balance.account_id
        kept = [
            balance.debits_pending_minor,
            balance.debits_posted_minor,
            balance.credits_pending_minor,
            balance.credits_posted_minor,
        ]
        state = (kept, balance.closed, balance.last_posting)
        expected = books.closed.get(number, False), books.last.get(number, 0)
        if number not in books.ledgers or state != (books.balances[number], *expected):
            found.note(
                "balance_differs",
                gettext_noop("The balance of account number {account} is not what was posted."),
                account=number,
            )
        totals[books.ledgers.get(number, 0)] += kept[1] - kept[3]
    if seen != len(books.ledgers):
        found.note("balance_missing", gettext_noop("An account has lost its balance."))
    for ledger, difference in totals.items():
        if difference:
            found.note(
                "not_zero_sum",
                gettext_noop("Ledger {ledger} is out of balance by {difference}."),
                ledger=ledger,
                difference=difference,
            )


def _check_holds(found: Audit, books: _Books) -> None:
    if set(Hold.objects.values_list("posting_id", flat=True)) != set(books.held):
        found.note("hold_differs", gettext_noop("The holds are not the pending postings."))


def _check_outbox(found: Audit) -> None:
    told = set(Outbox.objects.values_list("batch_id", flat=True))
    if told != set(Batch.objects.values_list("number", flat=True)):
        found.note(
            "outbox_differs", gettext_noop("The outbox does not have one row for each batch.")
        )
