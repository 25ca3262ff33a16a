"""The two cities of the open pages, and two riders who hold a token each."""

import pytest
from django.contrib.auth.models import User

from tests.programmes.mobility.pages.conftest import (  # noqa: F401 - fixtures
    _days,
    aldea,
    as_user,
    password,
)
from trama.foundations.registry.actions import assign_token
from trama.foundations.registry.models import City
from trama.foundations.registry.queries import get_token


@pytest.fixture
def riders(aldea: City) -> City:  # noqa: F811
    """Aldea, where Ana holds the token ANA and Rui holds RUI."""
    for name, token in (("ana", "ANA"), ("rui", "RUI")):
        user = User.objects.create(username=name, first_name=name.title())
        assign_token(token=get_token(aldea, token), holder=user)
    return aldea
