"""Aldea and an empty city, with somebody of each kind to look at them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.programmes.mobility.pages.people import PASSWORD, stage_days, stage_empty, welcome
from trama.foundations.registry.models import City

Visit = Callable[..., Client]


@pytest.fixture(scope="package")
def _days(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any
) -> Iterator[tuple[Path, City]]:
    """The two cities, staged once for all tests of a package and taken away after them."""
    from django.conf import settings
    from django.db import transaction

    home = tmp_path_factory.mktemp("pages") / "home"
    was, settings.HOME = settings.HOME, home
    with django_db_blocker.unblock():
        outer = transaction.atomic()
        outer.__enter__()
        try:
            city = stage_days(home)
            welcome(city, stage_empty())
            yield home, city
        finally:
            transaction.set_rollback(True)
            outer.__exit__(None, None, None)
            settings.HOME = was


@pytest.fixture
def aldea(_days: tuple[Path, City], db: None) -> City:
    """Aldea; what a test changes is undone after it."""
    return _days[1]


@pytest.fixture
def as_user(aldea: City) -> Visit:
    """A client signed in as somebody, or a stranger's."""

    def visit(username: str = "") -> Client:
        client = Client(headers={"accept-language": "en"})
        if username:
            client.force_login(User.objects.get(username=username))
        return client

    return visit


@pytest.fixture
def password() -> str:
    """Everybody's password."""
    return PASSWORD
