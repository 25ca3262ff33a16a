"""Who may open what is about money: everybody's own, and all of it for the back office."""

from dataclasses import dataclass
from typing import Any

from trama.foundations.registry.models import City, Membership, Token
from trama.foundations.registry.queries import may_see_back_office, roles_of

ACCOUNTS_OF_OPERATORS = frozenset({"cash", "collected", "earned", "settlement", "held", "excess"})


def own_operators(user: Any, city: City) -> list[str]:
    """Codes of the operators of a city for which somebody acts."""
    acting = roles_of(user).filter(organisation__city=city, role=Membership.Role.OPERATOR)
    return list(acting.values_list("organisation__code", flat=True))


def own_tokens(user: Any, city: City) -> list[Token]:
    """The tokens of a city that somebody holds, by code."""
    if not user.is_authenticated:
        return []
    return list(Token.objects.filter(city=city, holder=user).order_by("token"))


def may_see_some_operator(user: Any, city: City) -> bool:
    """The back office, and whoever acts for an operator of the city."""
    return may_see_back_office(user, city) or bool(own_operators(user, city))


def may_see_some_rider(user: Any, city: City) -> bool:
    """The back office, and whoever holds a token of the city."""
    return may_see_back_office(user, city) or bool(own_tokens(user, city))


@dataclass(frozen=True, slots=True)
class Reach:
    """Which accounts of a city's ledger somebody may open."""

    city: City
    sees_all: bool
    own: frozenset[str]

    def may_open(self, name: str) -> bool:
        """All accounts of the city for its back office, an operator's own for its people."""
        kind, _, rest = name.partition(":")
        of_city, _, owner = rest.partition(":")
        is_own = kind in ACCOUNTS_OF_OPERATORS and owner in self.own
        return of_city == self.city.code and (self.sees_all or is_own)


def reach_of(user: Any, city: City) -> Reach:
    """How far somebody sees into the ledger of a city."""
    sees_all = may_see_back_office(user, city)
    return Reach(city, sees_all, frozenset(own_operators(user, city)))
