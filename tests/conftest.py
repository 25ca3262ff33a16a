"""What every test shares."""

from hypothesis import settings

settings.register_profile("trama", deadline=None)
settings.load_profile("trama")
