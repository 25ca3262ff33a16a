"""Registering people and saying what they may do, and for whom."""

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import transaction

from trama.core.refusals import Refused, gettext_noop
from trama.foundations.registry.models import Membership, Organisation

# A role is held in an organisation of its own kind; a rider in whichever serves riders.
_KIND_OF_ROLE = {
    Membership.Role.OPERATOR: Organisation.Kind.OPERATOR,
    Membership.Role.AUTHORITY: Organisation.Kind.AUTHORITY,
    Membership.Role.AUDITOR: Organisation.Kind.AUDITOR,
}


def register_user(*, username: str, password: str, name: str = "") -> User:
    """A person who can sign in. The same name and password again answer the same person.

    Refused as `username_taken` when somebody else holds the name.
    """
    people = get_user_model().objects
    with transaction.atomic():
        user = people.filter(username=username).first()
        if user is None:
            return people.create_user(username=username, password=password, first_name=name)
    if not user.check_password(password):
        raise Refused(
            "username_taken",
            gettext_noop("Somebody is already called “{username}”."),
            remedy=gettext_noop("Choose another name to sign in with."),
            username=username,
        )
    return user


def grant_role(*, user: User, organisation: Organisation, role: str) -> Membership:
    """Let `user` act as `role` (one of `Membership.Role`) for `organisation`; once is enough.

    Refused as `role_does_not_fit` when the organisation is of another kind than the role.
    """
    if role not in Membership.Role.values or (
        _KIND_OF_ROLE.get(Membership.Role(role), organisation.kind) != organisation.kind
    ):
        raise Refused(
            "role_does_not_fit",
            gettext_noop("Nobody can be “{role}” for {organisation}, which is of kind “{kind}”."),
            remedy=gettext_noop("Choose an organisation of the kind that the role is for."),
            role=role,
            organisation=organisation.name,
            kind=organisation.kind,
        )
    with transaction.atomic():
        membership, _ = Membership.objects.get_or_create(
            user=user, organisation=organisation, role=role
        )
    return membership


def revoke_role(*, user: User, organisation: Organisation, role: str) -> None:
    """Take a role back. Taking back what nobody holds changes nothing."""
    with transaction.atomic():
        Membership.objects.filter(user=user, organisation=organisation, role=role).delete()
