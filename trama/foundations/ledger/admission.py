"""What is not even an order: refused whole, by name, before anything is read or written."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from trama.core.refusals import Refused, gettext_noop
from trama.foundations.ledger.currencies import ledger_of
from trama.foundations.ledger.machine import AMOUNT_MAX, AccountFlag, TransferFlag
from trama.foundations.ledger.orders import NewAccount, NewTransfer

BATCH_LIMIT = 100_000
KEY_LIMIT = 200
EXPIRED = "expired:"
"""What the source of an expiry begins with."""

POSTING_TABLE = {
    "source": pa.types.is_string,
    "debit": pa.types.is_string,
    "credit": pa.types.is_string,
    "amount_minor": pa.types.is_integer,
    "code": pa.types.is_integer,
}
ACCOUNT_TABLE = {"name": pa.types.is_string, "code": pa.types.is_integer}


def admit_transfers(transfers: Sequence[NewTransfer]) -> None:
    """Refuse a batch that is too large, or has a key or a number that cannot be kept."""
    _admit_size(len(transfers))
    for t in transfers:
        for key in (t.source, t.debit, t.credit, t.pending_source):
            _admit_key(key)
        if t.source.startswith(EXPIRED):
            raise _reserved(t.source)
        if t.currency:
            ledger_of(t.currency)
        if t.flags & TransferFlag.IMPORTED:
            raise _imported(t.source)
        _admit_numbers(t.source, t.flags, t.code, (t.user_data_128, t.user_data_64, t.user_data_32))
        if not 0 <= t.amount_minor <= AMOUNT_MAX or not 0 <= t.timeout_s < 2**32:
            raise _out_of_range(t.source)


def admit_accounts(accounts: Sequence[NewAccount]) -> None:
    """Refuse a batch that is too large, or has a key, a kind or a number that cannot be kept."""
    _admit_size(len(accounts))
    for a in accounts:
        _admit_key(a.name)
        if a.currency:
            ledger_of(a.currency)
        if a.flags & AccountFlag.IMPORTED:
            raise _imported(a.name)
        _admit_numbers(a.name, a.flags, a.code, (a.user_data_128, a.user_data_64, a.user_data_32))
        if a.code and not 1000 <= a.code < 6000:
            raise _kind(a.name, a.code)


def admit_postings_table(table: pa.Table) -> None:
    """Refuse a table that lacks a column, or has a value that cannot be kept."""
    _admit_columns(table, POSTING_TABLE)
    for column in ("source", "debit", "credit"):
        _admit_key_column(table, column)
    _first_refused(table, "source", pc.starts_with(table["source"], EXPIRED), _reserved)
    amount, code = table["amount_minor"], table["code"]
    wrong = pc.or_(
        pc.or_(pc.less(amount, 0), pc.greater(amount, 2**63 - 1)),
        pc.or_(pc.less(code, 1), pc.greater(code, 65535)),
    )
    _first_refused(table, "source", wrong, _out_of_range)


def admit_accounts_table(table: pa.Table, flags: int) -> None:
    """Refuse a table that lacks a column, or has a value that cannot be kept."""
    _admit_columns(table, ACCOUNT_TABLE)
    _admit_key_column(table, "name")
    _admit_numbers("", flags, 0, (0, 0, 0))
    if flags & (AccountFlag.IMPORTED | AccountFlag.LINKED):
        raise _imported("")
    wrong = pc.or_(pc.less(table["code"], 1000), pc.greater_equal(table["code"], 6000))
    _first_refused(table, "name", wrong, lambda name: _kind(name, 0))
    if pc.count_distinct(table["name"]).as_py() != len(table):
        raise Refused(
            "ledger_account_named_twice",
            gettext_noop("An account is named twice in one table."),
            remedy=gettext_noop("Name every account once."),
        )


def _admit_size(count: int) -> None:
    if count > BATCH_LIMIT:
        raise Refused(
            "ledger_batch_too_large",
            gettext_noop("{count} orders are more than one batch takes ({limit})."),
            remedy=gettext_noop("Send several batches."),
            count=count,
            limit=BATCH_LIMIT,
        )


def _admit_key(key: str) -> None:
    if len(key) > KEY_LIMIT or "\0" in key:
        raise _unkeepable(key)


def _admit_numbers(key: str, flags: int, code: int, user_data: tuple[int, int, int]) -> None:
    d128, d64, d32 = user_data
    inside = (
        0 <= flags < 2**15
        and 0 <= code < 2**16
        and 0 <= d128 < 2**128
        and 0 <= d64 < 2**63
        and 0 <= d32 < 2**32
    )
    if not inside:
        raise _out_of_range(key)


def _admit_columns(table: pa.Table, wanted: dict[str, object]) -> None:
    for name, is_right in wanted.items():
        if name not in table.column_names or not is_right(table.schema.field(name).type):  # type: ignore[operator]
            raise Refused(
                "ledger_column_missing",
                gettext_noop("The table has no column {column} of the right type."),
                remedy=gettext_noop("Give it these columns: {columns}."),
                column=name,
                columns=", ".join(wanted),
            )
        if table[name].null_count:
            raise Refused(
                "ledger_column_has_gaps",
                gettext_noop("The column {column} has rows without a value."),
                remedy=gettext_noop("Fill every row."),
                column=name,
            )


def _admit_key_column(table: pa.Table, name: str) -> None:
    keys = table[name]
    length = pc.utf8_length(keys)
    wrong = pc.or_(
        pc.or_(pc.equal(length, 0), pc.greater(length, KEY_LIMIT)),
        pc.match_substring(keys, "\0"),
    )
    _first_refused(table, name, wrong, _unkeepable)


def _first_refused(table: pa.Table, key: str, wrong: object, refusal: object) -> None:
    row = pc.index(wrong, True).as_py()
    if row >= 0:
        raise refusal(table[key][row].as_py())  # type: ignore[operator]


def _unkeepable(key: str) -> Refused:
    return Refused(
        "ledger_key_unkeepable",
        gettext_noop("{key} cannot be the key of an account or a posting."),
        remedy=gettext_noop("A key has 1 to {limit} characters, none of them zero."),
        key=key[:KEY_LIMIT],
        limit=KEY_LIMIT,
    )


def _reserved(source: str) -> Refused:
    return Refused(
        "ledger_source_reserved",
        gettext_noop("The source {source} begins like the ledger's own expiries."),
        remedy=gettext_noop("Choose a source that does not begin with {prefix}."),
        source=source,
        prefix=EXPIRED,
    )


def _imported(key: str) -> Refused:
    return Refused(
        "ledger_imports_nothing",
        gettext_noop("{key} asks to be imported with a time of its own."),
        remedy=gettext_noop("Post it now; the order of this ledger is the order of arrival."),
        key=key,
    )


def _out_of_range(key: str) -> Refused:
    return Refused(
        "ledger_number_out_of_range",
        gettext_noop("A number of {key} is out of its range."),
        remedy=gettext_noop("Amounts are whole minor units, zero or above; codes are 1 to 65535."),
        key=key,
    )


def _kind(name: str, code: int) -> Refused:
    return Refused(
        "ledger_account_without_kind",
        gettext_noop("The code of the account {name} does not say what kind it is."),
        remedy=gettext_noop(
            "1000s are assets, 2000s liabilities, 3000s equity, 4000s income, 5000s expenses."
        ),
        name=name,
        code=code,
    )
