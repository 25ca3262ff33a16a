"""Aldea and its people, for stories that need them."""

from tests.programmes.mobility.pages.conftest import _days, aldea, as_user

__all__ = ["_days", "aldea", "as_user"]
