"""What the first digit of an account's code says, and how its balance is read."""

KINDS = {1: "Assets", 2: "Liabilities", 3: "Equity", 4: "Income", 5: "Expenses"}


def kind_of(code: int) -> str:
    """`Assets` of 1100."""
    return KINDS[code // 1000]


def is_debit_kind(code: int) -> bool:
    """Assets and expenses grow by debits, the others by credits."""
    return code // 1000 in (1, 5)


def signed_balance(code: int, debits_minor: int, credits_minor: int) -> int:
    """The balance as its owner reads it: above zero on the side on which the kind grows."""
    return debits_minor - credits_minor if is_debit_kind(code) else credits_minor - debits_minor
