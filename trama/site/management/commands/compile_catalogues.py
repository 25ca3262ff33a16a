"""Compile the translations with no tool outside Python."""

import argparse

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Placeholder until catalogues exist."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: object, **options: object) -> None:
        """Nothing to compile yet."""
