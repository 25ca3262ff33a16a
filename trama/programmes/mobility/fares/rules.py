"""The rule code of a priced row: which rules made the price, packed into one unsigned integer.

    bits   0-7  fare rule          8-15  transfer rule        16-21  category        22-27  cap

Each part is the 1-based place of the rule in its tuple of the tariff, 0 for none. A code of 0 is
a row that is no boarding (direction `off`). The category is named only when its concession
lowered the fare or could have (its `media` match); the cap only when it lowered the fare. The
programme has a column of its own.
"""

from dataclasses import dataclass

from trama.programmes.mobility.fares.vocabulary import Cap, Category, FareRule, Tariff, TransferRule

MAX_FARES = 255
MAX_TRANSFERS = 255
MAX_CATEGORIES = 63
MAX_CAPS = 63
MAX_PROGRAMMES = 255

TRANSFER_SHIFT = 8
CATEGORY_SHIFT = 16
CAP_SHIFT = 22


def rule_code(fare: int, *, transfer: int = 0, category: int = 0, cap: int = 0) -> int:
    """Pack 1-based places (0: none) into a rule code."""
    return fare | transfer << TRANSFER_SHIFT | category << CATEGORY_SHIFT | cap << CAP_SHIFT


@dataclass(frozen=True, slots=True)
class Ruled:
    """The rules behind one priced row; all None when the row is no boarding."""

    fare: FareRule | None
    transfer: TransferRule | None
    category: Category | None
    cap: Cap | None


def ruled(tariff: Tariff, code: int) -> Ruled:
    """The rules that `code` names in `tariff`."""
    fare = code & MAX_FARES
    transfer = code >> TRANSFER_SHIFT & MAX_TRANSFERS
    category = code >> CATEGORY_SHIFT & MAX_CATEGORIES
    cap = code >> CAP_SHIFT & MAX_CAPS
    return Ruled(
        fare=tariff.fares[fare - 1] if fare else None,
        transfer=tariff.transfers[transfer - 1] if transfer else None,
        category=tariff.categories[category - 1] if category else None,
        cap=tariff.caps[cap - 1] if cap else None,
    )
