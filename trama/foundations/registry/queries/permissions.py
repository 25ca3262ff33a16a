"""Who may. Every page asks here; nothing is decided by the name of a group.

The pages of a city and of its tariff are anybody's and ask nothing.
"""

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import QuerySet

from trama.foundations.registry.models import City, Membership, Organisation, Token

Someone = User | AnonymousUser


def roles_of(user: Someone) -> QuerySet[Membership]:
    """What a person may do and for whom, with organisation and city; nothing for a stranger."""
    held = Membership.objects.select_related("organisation__city").order_by("pk")
    return held.filter(user=user) if isinstance(user, User) else held.none()


def may_see_back_office(user: Someone, city: City) -> bool:
    """The authority of the city and its auditor see everything."""
    roles = (Membership.Role.AUTHORITY, Membership.Role.AUDITOR)
    return roles_of(user).filter(organisation__city=city, role__in=roles).exists()


def may_run_back_office(user: Someone, city: City) -> bool:
    """Only the authority changes anything: an auditor looks."""
    return roles_of(user).filter(organisation__city=city, role=Membership.Role.AUTHORITY).exists()


def may_see_operator(user: Someone, operator: Organisation) -> bool:
    """An operator's statement is its own people's, the authority's and the auditor's."""
    own = roles_of(user).filter(organisation=operator, role=Membership.Role.OPERATOR)
    return own.exists() or may_see_back_office(user, operator.city)


def may_see_token(user: Someone, token: Token) -> bool:
    """A rider's statement is its holder's, the authority's and the auditor's."""
    is_holder = isinstance(user, User) and token.holder_id == user.pk
    return is_holder or may_see_back_office(user, token.city)
