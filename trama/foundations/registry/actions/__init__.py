"""The verbs of the registry, by noun."""

from trama.foundations.registry.actions.devices import (
    register_device,
    register_devices,
    replace_device_key,
    revoke_device,
)
from trama.foundations.registry.actions.people import grant_role, register_user, revoke_role
from trama.foundations.registry.actions.places import found_city, found_organisation
from trama.foundations.registry.actions.tokens import assign_token, register_tokens

__all__ = [
    "assign_token",
    "found_city",
    "found_organisation",
    "grant_role",
    "register_device",
    "register_devices",
    "register_tokens",
    "register_user",
    "replace_device_key",
    "revoke_device",
    "revoke_role",
]
