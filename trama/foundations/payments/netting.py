"""Netting: from who collected what for whom to who pays and who is paid. Pure, exact, zero-sum."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

Cell: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Position:
    """One organisation's day in minor units."""

    organisation: str
    gross_minor: int
    fee_minor: int
    collected_minor: int

    @property
    def net_minor(self) -> int:
        """Gross less fee less collected. Above zero it is paid; below, it pays."""
        return self.gross_minor - self.fee_minor - self.collected_minor


def positions(cells: Mapping[Cell, int], fees: Mapping[Cell, int]) -> list[Position]:
    """Positions from `cells[(collector, earner)]` and `fees[(payer, receiver)]`, by code.

    A fee that is received adds to the receiver's gross. The nets sum to zero whatever the cells.
    """
    gross: dict[str, int] = {}
    fee: dict[str, int] = {}
    collected: dict[str, int] = {}
    for (collector, earner), amount in cells.items():
        collected[collector] = collected.get(collector, 0) + amount
        gross[earner] = gross.get(earner, 0) + amount
    for (payer, receiver), amount in fees.items():
        fee[payer] = fee.get(payer, 0) + amount
        gross[receiver] = gross.get(receiver, 0) + amount
    return [
        Position(code, gross.get(code, 0), fee.get(code, 0), collected.get(code, 0))
        for code in sorted({*gross, *fee, *collected})
    ]


def fee_of(earned_minor: int, fee_bps: int) -> int:
    """The fee on what was earned, rounded half up; a negative earning mirrors a positive one."""
    if earned_minor < 0:
        return -fee_of(-earned_minor, fee_bps)
    return (earned_minor * fee_bps + 5_000) // 10_000


def payments(nets: Mapping[str, int]) -> list[tuple[str, str, int]]:
    """At most n - 1 payments (from, to, minor units) that settle `nets`, which must sum to zero.

    The largest debtor pays the largest creditor first; ties by code, so the list is repeatable.
    """
    if sum(nets.values()) != 0:
        raise ValueError("nets must sum to zero")
    open_nets = dict(nets)
    made: list[tuple[str, str, int]] = []
    while any(open_nets.values()):
        debtor = min(open_nets, key=lambda code: (open_nets[code], code))
        creditor = min(open_nets, key=lambda code: (-open_nets[code], code))
        amount = min(-open_nets[debtor], open_nets[creditor])
        made.append((debtor, creditor, amount))
        open_nets[debtor] += amount
        open_nets[creditor] -= amount
    return made
