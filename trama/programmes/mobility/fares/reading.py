"""Reading a TOML document of rules: typed values, exact numbers, and a place for every refusal."""

import re
import tomllib
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, NoReturn, TypeGuard, TypeVar

from trama.core.refusals import Refused, gettext_noop
from trama.programmes.mobility.fares import quantities
from trama.programmes.mobility.fares.vocabulary import Parameter, Reference

MAX_DOCUMENT_CHARS = 200_000
MAX_CODES = 2_000
MAX_TIMES = 1_000_000

CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")

Word = TypeVar("Word", bound=StrEnum)
Row = TypeVar("Row")
Value = TypeVar("Value")
Other = TypeVar("Other")


@dataclass
class Reading:
    """What is shared while one document is read."""

    lines: list[str]
    currency: str = ""
    parameters: dict[str, Parameter] = field(default_factory=dict)
    references: list[Reference] = field(default_factory=list)

    def line_of(self, kind: str, ordinal: int, key: str) -> int:
        """The line of `key` in the `ordinal`-th (1-based) table `kind`, as near as can be told."""
        headers = (f"[{kind}]", f"[[{kind}]]")
        met, header_line = (0, 0) if kind else (1, 1)
        for number, line in enumerate(self.lines, start=1):
            if line.split("#", 1)[0].replace(" ", "").strip() in headers:
                met += 1
                header_line = number if met == ordinal else header_line
            elif met == ordinal and re.match(rf"\s*\[*\s*\"?{re.escape(key)}\"?\s*[=\]]", line):
                return number
            if met > ordinal:
                break
        return header_line or 1


def parse(text: str) -> "Table":
    """The root table of a TOML document, or the refusal of its syntax with the line."""
    if len(text) > MAX_DOCUMENT_CHARS:
        raise Refused(
            "document_too_long",
            gettext_noop("The document has {characters} characters; at most {most} are read."),
            remedy=gettext_noop("Check that this file is the document you meant to publish."),
            characters=len(text),
            most=MAX_DOCUMENT_CHARS,
        )
    try:
        values = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refused(
            "document_syntax",
            gettext_noop("The document is not TOML: {problem}."),
            remedy=gettext_noop("Mend the line; text stands in quotes, one key on each line."),
            problem=str(error) if isinstance(error, ValueError) else "nesting",
        ) from None
    return Table(values, Reading(text.splitlines()))


class Table:
    """One table of the document. Asking for a key reads it; `done` refuses the keys left over."""

    def __init__(
        self, values: dict[str, Any], reading: Reading, *, kind: str = "", ordinal: int = 1
    ) -> None:
        self.values = values
        self.reading = reading
        self.kind = kind
        self.ordinal = ordinal
        self.asked: set[str] = set()
        code = values.get("code", values.get("medium", ""))
        self.name = code if isinstance(code, str) and CODE.fullmatch(code) else f"#{ordinal}"

    def refuse(
        self, code: str, message: str, key: str, *, remedy: str, **params: object
    ) -> NoReturn:
        """Refuse `key` of this table; the message names {line} and {place} first."""
        raise Refused(
            code,
            message,
            remedy=remedy,
            line=self.reading.line_of(self.kind, self.ordinal, key),
            place=f"[{self.kind}] {self.name} · {key}" if self.kind else key,
            **params,
        )

    def wrong(self, key: str, expected: str) -> NoReturn:
        """Refuse the value of `key`: something else than `expected` (an example) is there."""
        self.refuse(
            "document_value_wrong",
            gettext_noop("Line {line}, {place}: {found} is written, where {expected} belongs."),
            key,
            remedy=gettext_noop("Write it in the form of the example."),
            found=_shown(self.values.get(key)),
            expected=expected,
        )

    def refuse_unknown(self, key: str, value: str, known: Collection[str]) -> NoReturn:
        """Refuse a code that the document does not define, naming the nearest it does."""
        self.refuse(
            "document_code_unknown",
            gettext_noop("Line {line}, {place}: “{value}” is not defined in this document."),
            key,
            remedy=gettext_noop("The nearest that is defined: {nearest}."),
            value=value,
            nearest=_nearest(value, known),
        )

    def take(self, key: str) -> Any:
        """The raw value of `key`, which must be there."""
        self.asked.add(key)
        if key not in self.values:
            self.refuse(
                "document_key_missing",
                gettext_noop("Line {line}, {place}: this key is required and missing."),
                key,
                remedy=gettext_noop("Add the key; docs/tariffs.md has an example of every table."),
            )
        return self.values[key]

    def given(self, key: str, read: Callable[[str], Value], otherwise: Other) -> Value | Other:
        """What `read` makes of `key` when the document has it, else `otherwise`."""
        self.asked.add(key)
        return read(key) if key in self.values else otherwise

    def text(self, key: str, most: int = 2_000) -> str:
        """A text of 1 to `most` characters."""
        value = self.take(key)
        if not _is_text(value) or len(value) > most:
            self.wrong(key, f'"…" (1-{most})')
        return str(value).strip()

    def code(self, key: str = "code") -> str:
        """A code: small letters, digits, `_` and `-`."""
        value = self.take(key)
        if not isinstance(value, str) or not CODE.fullmatch(value):
            self.wrong(key, '"a-z0-9_-"')
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts without repetition; absent is empty."""
        values: Any = self.given(key, self.take, [])
        if (
            not isinstance(values, list)
            or len(values) > MAX_CODES
            or not all(_is_text(value) for value in values)
        ):
            self.wrong(key, '["…", "…"]')
        texts = tuple(value.strip() for value in values)
        if len(set(texts)) != len(texts):
            self.refuse(
                "document_value_repeated",
                gettext_noop("Line {line}, {place}: “{value}” is listed twice."),
                key,
                remedy=gettext_noop("Leave one of them."),
                value=next(text for text in texts if texts.count(text) > 1),
            )
        return texts

    def among(self, key: str, known: Collection[str]) -> tuple[str, ...]:
        """A list of codes that the document defines elsewhere; absent is empty."""
        values = self.texts(key)
        for value in values:
            if value not in known:
                self.refuse_unknown(key, value, known)
        return values

    def truth(self, key: str) -> bool:
        """true or false."""
        value = self.take(key)
        if not isinstance(value, bool):
            self.wrong(key, "true / false")
        return value

    def day(self, key: str) -> date:
        """A date, written 2026-04-01 without quotes."""
        value = self.take(key)
        if not is_day(value):
            self.wrong(key, "2026-04-01")
        return date.fromisoformat(str(value))

    def whole(self, key: str, least: int, most: int) -> int:
        """A whole number from `least` to `most`."""
        value = self.take(key)
        if not _is_whole(value) or not least <= value <= most:
            self.wrong(key, f"{least} … {most}")
        return int(value)

    def clock_s(self, key: str) -> int:
        """A time of day "03:00", in seconds after midnight."""
        value = self.take(key)
        found = quantities.since_midnight_s_of(value) if isinstance(value, str) else None
        if found is None:
            self.wrong(key, '"03:00"')
        return found

    def choice(self, key: str, words: type[Word]) -> Word:
        """One of the words of an enumeration."""
        value = self.take(key)
        known = {word.value: word for word in words}
        if not isinstance(value, str) or value not in known:
            self.wrong(key, " / ".join(f'"{word}"' for word in known))
        return known[value]

    def table(self, key: str) -> "Table":
        """The table under `key`."""
        values = self.take(key)
        if not isinstance(values, dict):
            self.wrong(key, f"[{key}]")
        return Table(values, self.reading, kind=key)

    def rows(self, key: str, read: Callable[["Table"], Row], *, most: int) -> tuple[Row, ...]:
        """Every table of the list `key` (absent: none), read by `read` and finished."""
        values: Any = self.given(key, self.take, [])
        if not isinstance(values, list) or not all(isinstance(v, dict) for v in values):
            self.wrong(key, f"[[{key}]]")
        if len(values) > most:
            self.refuse(
                "document_too_many_rules",
                gettext_noop("Line {line}, {place}: {count} tables, where at most {most} may be."),
                key,
                remedy=gettext_noop("Join rules that differ only in what they match."),
                count=len(values),
                most=most,
            )
        rows = []
        for ordinal, row in enumerate(values, start=1):
            table = Table(row, self.reading, kind=key, ordinal=ordinal)
            rows.append(read(table))
            table.done()
        return tuple(rows)

    def done(self) -> None:
        """Refuse the first key that nobody asked for, naming the nearest known one."""
        for key in self.values:
            if key not in self.asked:
                self.refuse(
                    "document_key_unknown",
                    gettext_noop("Line {line}, {place}: there is no such key here."),
                    key,
                    remedy=gettext_noop("The nearest known key is “{nearest}”."),
                    nearest=_nearest(key, self.asked),
                )


def share(table: Table) -> Callable[[str], int]:
    """How to read a percentage of `table`, in basis points."""
    return lambda key: _number(table, key, quantities.SHARE)


def duration(table: Table) -> Callable[[str], int]:
    """How to read a duration of `table`, in seconds."""
    return lambda key: _number(table, key, quantities.DURATION)


def times(table: Table) -> Callable[[str], int]:
    """How to read a count of `table`."""
    return lambda key: _number(table, key, quantities.TIMES)


def amount(table: Table) -> Callable[[str], int]:
    """How to read an amount of `table` in the document's currency, in minor units."""
    return lambda key: _number(table, key, table.reading.currency)


def _number(table: Table, key: str, unit: str) -> int:
    """A quantity in the smallest unit of `unit`, written out or taken from a parameter."""
    value = table.take(key)
    if isinstance(value, dict):
        return _of_parameter(table, key, value, unit)
    return quantity(table, key, value, unit)


def quantity(table: Table, key: str, value: object, unit: str) -> int:
    """`value` as it stands in the document, in the smallest unit of `unit`."""
    found: int | None = None
    if unit == quantities.TIMES:
        found = value if _is_whole(value) and 0 <= value <= MAX_TIMES else None
    elif isinstance(value, str):
        if unit == quantities.DURATION:
            found = quantities.seconds_of(value)
        elif unit == quantities.SHARE:
            found = quantities.basis_points_of(value)
        else:
            found = _minor(table, key, value)
    if found is None:
        table.wrong(key, quantities.example_of(unit))
    return found


def _minor(table: Table, key: str, value: str) -> int | None:
    currency = table.reading.currency
    parts = quantities.amount_parts(value)
    if parts is None:
        return None
    negative, whole, fraction, named = parts
    if negative:
        table.refuse(
            "document_amount_negative",
            gettext_noop("Line {line}, {place}: {amount} is negative."),
            key,
            remedy=gettext_noop("An amount of a tariff is zero or more."),
            amount=value,
        )
    if named and named != currency:
        table.refuse(
            "document_currency_wrong",
            gettext_noop("Line {line}, {place}: {amount} is not in {currency}."),
            key,
            remedy=gettext_noop("Write every amount in the currency of the document."),
            amount=value,
            currency=currency,
        )
    return quantities.minor_of(whole, fraction, currency)


def _of_parameter(table: Table, key: str, value: dict[str, Any], unit: str) -> int:
    code = value.get("parameter")
    if set(value) != {"parameter"} or not isinstance(code, str):
        table.wrong(key, '{ parameter = "…" }')
    parameter = table.reading.parameters.get(code)
    if parameter is None:
        table.refuse_unknown(key, code, table.reading.parameters)
    if parameter.unit != unit:
        table.refuse(
            "document_parameter_unit",
            gettext_noop(
                "Line {line}, {place}: parameter “{parameter}” is in {found}, not in {unit}."
            ),
            key,
            remedy=gettext_noop("Refer to a parameter of the right unit."),
            parameter=code,
            found=parameter.unit,
            unit=unit,
        )
    table.reading.references.append(Reference(table.kind, table.name, key, code))
    return parameter.value


def is_day(value: object) -> bool:
    """Whether a TOML value is a date without a time."""
    return isinstance(value, date) and not isinstance(value, datetime)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip()) and "\0" not in value


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _nearest(word: str, known: Collection[str]) -> str:
    near = get_close_matches(word, sorted(known), n=1, cutoff=0.0)
    return near[0] if near else "—"


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    shown = f'"{value}"' if isinstance(value, str) else str(value)
    return shown if len(shown) <= 60 else shown[:59] + "…"
