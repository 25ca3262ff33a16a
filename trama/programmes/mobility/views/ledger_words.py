"""The ledger in words: what the balance of each kind of account says, and what each moment does."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of account: its name and what its balance says."""

    code: str
    name: Promise | str
    says: Promise | str


KINDS = (
    Kind(
        "rider",
        _("Riders"),
        _("What a rider was charged and has not paid yet. Below zero: what she has prepaid."),
    ),
    Kind("cash", _("Cash"), _("Coins that are in an operator's safe.")),
    Kind("programme", _("Programmes"), _("What the payer of a programme owes for its trips.")),
    Kind(
        "collected",
        _("Collected"),
        _("Fares in the hands of who collected them, not cleared yet. Zero after a closing."),
    ),
    Kind(
        "excess",
        _("Excess coins"),
        _("Coins above the fare, where machines give no change. They are nobody's fare."),
    ),
    Kind(
        "earned",
        _("Earned"),
        _("What an organisation's boardings earned, not settled yet. Zero after a closing."),
    ),
    Kind(
        "settlement",
        _("Settlement"),
        _("Above zero it will be paid, below zero it has to pay. All together they are zero."),
    ),
    Kind(
        "held",
        _("Held for settlement"),
        _("The part of the money in somebody's hands that belongs to the settlement."),
    ),
)
MOMENTS = {
    "charge": _("Charge of a rider"),
    "cash": _("Fares in coins"),
    "excess": _("Coins above the fare"),
    "programme": _("Programme's part"),
    "clearing": _("Clearing"),
    "fee": _("Fee"),
    "settlement": _("Settlement"),
    "obligation": _("Obligation"),
}


def find_kind(name: str) -> Kind | None:
    """The kind of an account's name."""
    code = name.partition(":")[0]
    return next((kind for kind in KINDS if kind.code == code), None)


def moment_name(code: str) -> str:
    """A moment of a closing, by its word in a posting's source."""
    return str(MOMENTS.get(code, code))
