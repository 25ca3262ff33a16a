"""The questions of the registry, by noun."""

from trama.foundations.registry.queries.devices import device_table, find_device, get_device
from trama.foundations.registry.queries.permissions import (
    may_run_back_office,
    may_see_back_office,
    may_see_operator,
    may_see_token,
    roles_of,
)
from trama.foundations.registry.queries.places import (
    cities,
    get_city,
    get_organisation,
    organisations,
)
from trama.foundations.registry.queries.tokens import (
    accounts_of,
    entitlements_on,
    find_token,
    get_token,
    issuer_of,
)

__all__ = [
    "accounts_of",
    "cities",
    "device_table",
    "entitlements_on",
    "find_device",
    "find_token",
    "get_city",
    "get_device",
    "get_organisation",
    "get_token",
    "issuer_of",
    "may_run_back_office",
    "may_see_back_office",
    "may_see_operator",
    "may_see_token",
    "organisations",
    "roles_of",
]
