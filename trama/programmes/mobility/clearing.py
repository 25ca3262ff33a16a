"""What a day's priced rows add up to: who collected what that whom earned. Pure, exact, additive.

A journey has sources (riders' fares in the hands of collectors, programmes' parts owed by their
payers) and targets (what each leg's operator earns). They sum to the same, journey by journey, so
laying the two side by side in the order of the legs says whose centavo went to whom.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from trama.foundations.payments.netting import Cell

ISSUER, OPERATOR = "issuer", "operator"
Integers = npt.NDArray[np.int64]


def posting_key(city: str, day: date, revision: int) -> str:
    """What the source of every posting of a closing begins with. `city` is its code."""
    return f"mobility/{city}/{day.isoformat()}/r{revision}"


@dataclass(slots=True)
class DayTotals:
    """Sums of priced rows, in minor units or counts. Totals add and subtract."""

    cells: Counter[Cell] = field(default_factory=Counter)
    cash: Counter[str] = field(default_factory=Counter)
    excess: Counter[str] = field(default_factory=Counter)
    programmes: Counter[str] = field(default_factory=Counter)
    earned: Counter[Cell] = field(default_factory=Counter)
    boardings: Counter[Cell] = field(default_factory=Counter)
    gross: Counter[Cell] = field(default_factory=Counter)
    transfers: int = 0
    journeys: int = 0
    taps: int = 0

    def __add__(self, other: "DayTotals") -> "DayTotals":
        return self._with(other, 1)

    def __sub__(self, other: "DayTotals") -> "DayTotals":
        return self._with(other, -1)

    def as_json(self) -> dict[str, object]:
        """For a JSON column: pairs become `first|second`."""
        return {name: _written(getattr(self, name)) for name in self.__slots__}

    @classmethod
    def from_json(cls, written: Mapping[str, object]) -> "DayTotals":
        """The inverse of `as_json`."""
        total = cls()
        for name in cls.__slots__:
            value = written[name]
            setattr(total, name, Counter(_read(value)) if isinstance(value, dict) else value)
        return total

    def _with(self, other: "DayTotals", sign: int) -> "DayTotals":
        total = DayTotals()
        for name in self.__slots__:
            mine, theirs = getattr(self, name), getattr(other, name)
            if isinstance(mine, Counter):
                keys = [*mine, *(key for key in theirs if key not in mine)]
                summed = Counter({key: mine[key] + sign * theirs[key] for key in keys})
                setattr(total, name, Counter({k: v for k, v in summed.items() if v}))
            else:
                setattr(total, name, mine + sign * theirs)
        return total


def _written(value: object) -> object:
    if not isinstance(value, Counter):
        return value
    return {"|".join(k) if isinstance(k, tuple) else k: v for k, v in sorted(value.items())}


def _read(written: dict[str, int]) -> dict[str | Cell, int]:
    pairs = ((key.split("|"), value) for key, value in written.items())
    return {(k[0], k[1]) if len(k) == 2 else k[0]: value for k, value in pairs}


def with_collectors(rows: pa.Table, collectors: Mapping[str, str]) -> pa.Table:
    """`rows` with a column `collector`: the organisation that holds the money of each row.

    `collectors` maps a medium to `issuer`, `operator` or an organisation's code; a token without
    an issuer falls to the operator. Rows need medium, operator and issuer (strings).
    """
    medium = _strings(rows, "medium")
    operator = _strings(rows, "operator")
    issuer = pc.coalesce(_strings(rows, "issuer"), operator)
    known = list(collectors)
    by = pa.array([collectors[code] for code in known], pa.string())
    found = by.take(pc.index_in(medium, value_set=pa.array(known, pa.string())))
    collector = pc.case_when(
        pc.make_struct(pc.equal(found, ISSUER), pc.equal(found, OPERATOR)), issuer, operator, found
    )
    return rows.append_column("collector", collector.dictionary_encode())


def charges_of(rows: pa.Table) -> pa.Table:
    """What each account is charged: account, token, collector, fare_minor; accounts only, no zeros.

    `rows` come from `with_collectors`.
    """
    mine = rows.filter(pc.greater_equal(rows["account"], 0))
    mine = mine.select(["account", "token", "collector", "fare_minor"])
    mine = mine.set_column(2, "collector", _strings(mine, "collector"))
    grouped = mine.group_by(["account", "collector"], use_threads=False).aggregate(
        [("token", "min"), ("fare_minor", "sum")]
    )
    charges = pa.table(
        {
            "account": grouped["account"],
            "token": grouped["token_min"],
            "collector": grouped["collector"],
            "fare_minor": grouped["fare_minor_sum"],
        }
    )
    return charges.filter(pc.not_equal(charges["fare_minor"], 0))


def totals_of(rows: pa.Table, programmes: tuple[str, ...], payers: Mapping[str, str]) -> DayTotals:
    """Totals of priced rows from `with_collectors`, legs of a journey in order and contiguous.

    `programmes` are the tariff's programme codes in order (a row's `programme` is 1-based);
    `payers` maps a programme to the organisation that pays for it.
    """
    boarding = rows.filter(pc.not_equal(_strings(rows, "direction"), "off"))
    total = DayTotals(taps=rows.num_rows)
    total.cells = _cells(rows, [payers[code] for code in programmes])
    total.earned = _sums(rows, ("operator", "medium"), "share_minor")
    total.gross = _sums(rows, ("operator", "medium"), "fare_minor")
    total.boardings = _sums(boarding, ("operator", "medium"), "leg", "count")
    cash = rows.filter(pc.less(rows["account"], 0))
    tendered = _single(_grouped(cash, ("collector",), "tendered_minor", "sum"))
    total.cash = _single(_grouped(cash, ("collector",), "fare_minor", "sum"))
    total.excess = Counter(
        {
            org: tendered[org] - total.cash[org]
            for org in tendered
            if tendered[org] != total.cash[org]
        }
    )
    paid = _single(_grouped(rows, ("programme",), "programme_minor", "sum"))
    total.programmes = Counter(
        {programmes[number - 1]: minor for number, minor in paid.items() if number and minor}
    )
    first = pc.sum(pc.equal(boarding["leg"], 0)).as_py() or 0
    total.journeys, total.transfers = first, boarding.num_rows - first
    return total


def _cells(rows: pa.Table, payer_of: list[str]) -> Counter[Cell]:
    """The matrix: sources and targets laid side by side (a north-west corner, per journey)."""
    organisations: list[str] = []
    collector = _codes(rows, "collector", organisations)
    operator = _codes(rows, "operator", organisations)
    organisations += [code for code in payer_of if code not in organisations]
    payer = np.array([0, *(organisations.index(code) for code in payer_of)], np.int64)
    amounts = np.empty(2 * rows.num_rows, np.int64)
    amounts[0::2], amounts[1::2] = _integers(rows, "fare_minor"), _integers(rows, "programme_minor")
    sources = np.empty_like(amounts)
    sources[0::2], sources[1::2] = collector, payer[_integers(rows, "programme")]
    return _side_by_side(amounts, sources, _integers(rows, "share_minor"), operator, organisations)


def _side_by_side(
    given: Integers, giver: Integers, got: Integers, getter: Integers, names: list[str]
) -> Counter[Cell]:
    """Sum the overlaps of two cut-up lines of the same length, by (giver, getter)."""
    given_to, got_to = np.cumsum(given), np.cumsum(got)
    if given_to.size and given_to[-1] != got_to[-1]:
        raise ValueError(f"sources {given_to[-1]} and shares {got_to[-1]} differ")
    cuts = np.union1d(given_to, got_to)
    cuts = cuts[cuts > 0]
    lengths = np.diff(cuts, prepend=0)
    pairs = (
        giver[np.searchsorted(given_to, cuts)] * len(names) + getter[np.searchsorted(got_to, cuts)]
    )
    sums = np.zeros(len(names) ** 2, np.int64)
    np.add.at(sums, pairs, lengths)
    return Counter(
        {
            (names[i // len(names)], names[i % len(names)]): int(sums[i])
            for i in np.flatnonzero(sums)
        }
    )


def _strings(rows: pa.Table, name: str) -> pa.ChunkedArray:
    return pc.cast(rows[name], pa.string())


def _integers(rows: pa.Table, name: str) -> Integers:
    values: Integers = rows[name].to_numpy().astype(np.int64)
    return values


def _codes(rows: pa.Table, name: str, names: list[str]) -> Integers:
    """Column `name` as indices into `names`, which grows by what is new in it."""
    encoded = _strings(rows, name).combine_chunks().dictionary_encode()
    for value in encoded.dictionary.to_pylist():
        if value not in names:
            names.append(value)
    local = np.array([names.index(v) for v in encoded.dictionary.to_pylist()], np.int64)
    codes: Integers = local[encoded.indices.to_numpy(zero_copy_only=False)] if len(local) else local
    return codes


def _grouped(
    rows: pa.Table, by: tuple[str, ...], value: str, how: str
) -> dict[tuple[object, ...], int]:
    keys = [_strings(rows, name) if name != "programme" else rows[name] for name in by]
    table = pa.table([*keys, rows[value]], names=[*by, value])
    found = table.group_by(list(by), use_threads=False).aggregate([(value, how)])
    columns = [found[name].to_pylist() for name in (*by, f"{value}_{how}")]
    return {tuple(row[:-1]): row[-1] for row in zip(*columns, strict=True) if row[-1]}


def _sums(rows: pa.Table, by: tuple[str, str], value: str, how: str = "sum") -> Counter[Cell]:
    return Counter({(str(k[0]), str(k[1])): v for k, v in _grouped(rows, by, value, how).items()})


def _single(grouped: Mapping[tuple[object, ...], int]) -> Counter:  # type: ignore[type-arg]
    return Counter({key[0]: value for key, value in grouped.items()})
