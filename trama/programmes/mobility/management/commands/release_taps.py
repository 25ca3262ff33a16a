"""`trama release_taps CITY [--reason R]`: look again at what is held."""

import argparse
import time

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from trama.core.refusals import Refused
from trama.foundations.registry.queries import get_city
from trama.programmes.mobility.actions.taps import release_taps
from trama.programmes.mobility.models import HeldTap
from trama.web.refusals import said


class Command(BaseCommand):
    """What is good by now is kept; the rest stays held, with the reason found now."""

    help = _("Look again at held taps, and keep those whose cause was mended.")

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("city", help=_("code of the city"))
        parser.add_argument(
            "--reason",
            default="",
            choices=HeldTap.Reason.values,
            help=_("only those held for this reason"),
        )

    def handle(self, *, city: str, reason: str, **options: object) -> None:
        """Read the clock, release, and say what came of it."""
        try:
            counts = release_taps(city=get_city(city), at_s=int(time.time()), reason=reason)
        except Refused as refusal:
            words = said(refusal)
            raise CommandError(f"{words['message']} {words['remedy']}") from refusal
        self.stdout.write(
            _(
                "Kept {kept}, duplicates {duplicate}, conflicts {conflict}, still held {held}."
            ).format(**{name: counts[name] for name in ("kept", "duplicate", "conflict", "held")})
        )
