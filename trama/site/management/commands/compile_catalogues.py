"""Compile the translations, or check that they are whole."""

import argparse

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from trama.site.catalogues import compiled, defects


class Command(BaseCommand):
    """`trama compile_catalogues`."""

    help = _("Compile the translations; with --check, fail when one is missing.")
    requires_system_checks = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help=_("fail when one is missing"))

    def handle(self, *args: object, check: bool = False, **options: object) -> None:
        """Compile what changed; then, asked to, name every defect."""
        (folder,) = settings.LOCALE_PATHS
        compiled(folder)
        found = list(defects(folder)) if check else []
        if found:
            raise CommandError("\n".join(found))
