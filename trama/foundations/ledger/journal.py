"""The journal as beancount text, line by line. Pure.

Source: the language of beancount 3 (`open` and transaction directives).
"""

import re
from collections.abc import Iterator

from trama.core.money import decimal_text
from trama.foundations.ledger.kinds import kind_of

NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9]+")


def account_name(name: str, code: int, number: int) -> str:
    """A valid and unique account name: `Assets:Rider:Gdl:ABC-17` for number 17."""
    words = [NOT_IN_NAMES.sub("-", part).strip("-") for part in name.split(":")]
    parts = [_capital(word) for word in words if word] or ["Account"]
    return ":".join([kind_of(code), *parts]) + f"-{number}"


def opening(day: str, account: str, currency: str) -> str:
    """The line that opens an account on `YYYY-MM-DD`."""
    return f"{day} open {account} {currency}\n"


def entry(day: str, source: str, debit: str, credit: str, amount: str) -> str:
    """One posting; `amount` is a number and its currency. Debits are above zero."""
    return f'{day} * "{quoted(source)}"\n  {debit}  {amount}\n  {credit}  -{amount}\n'


def head(title: str) -> Iterator[str]:
    """The lines before the first directive."""
    yield f'option "title" "{quoted(title)}"\n'


def amount_text(amount_minor: int, currency: str) -> str:
    """`14.25 MXN`."""
    return f"{decimal_text(amount_minor, currency)} {currency}"


def quoted(text: str) -> str:
    """Text inside a string of the journal."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")


def _capital(word: str) -> str:
    return word[0].upper() + word[1:]
