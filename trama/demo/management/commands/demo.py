"""`trama demo`: two cities with a day that was priced, charged, cleared and settled."""

import time
from argparse import ArgumentTypeError
from datetime import date

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from trama.core.refusals import Refused
from trama.demo.mobility.profiles import CITIES, Profile, read_profile
from trama.demo.mobility.staging import Options, stage
from trama.demo.telling import Teller
from trama.web.refusals import said

RIDERS = 20_000
MOST_RIDERS = 50_000_000
DAY = date(2026, 10, 14)


class Command(BaseCommand):
    """Stage the demo; once it is staged, do nothing."""

    help = _("Stage Guadalajara and Toluca with synthetic riders, and close their day.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--riders",
            type=_riders,
            default=RIDERS,
            help=_("riders of Guadalajara; Toluca a quarter"),
        )
        parser.add_argument("--seed", type=int, default=1, help=_("the same seed, the same demo"))
        parser.add_argument("--city", choices=[*CITIES, "all"], default="all", help=_("which city"))
        parser.add_argument(
            "--date", type=date.fromisoformat, default=DAY, help=_("the day, YYYY-MM-DD")
        )

    def handle(self, *, riders: int, seed: int, city: str, date: date, **_told: object) -> None:
        """Stage what is not staged yet, and say how long it took."""
        tell = Teller(self.stdout)
        try:
            for code in CITIES if city == "all" else (city,):
                profile = read_profile(code)
                here = max(riders * profile.riders_bps // 10_000, 1)
                _stage(profile, Options(here, seed, date), tell)
        except Refused as refusal:
            words = said(refusal)
            raise CommandError(f"{words['message']} {words['remedy']}") from refusal
        except KeyboardInterrupt:
            raise CommandError(_("Interrupted. Run it again: it goes on from here.")) from None


def _stage(profile: Profile, options: Options, tell: Teller) -> None:
    began_s = time.monotonic()
    if stage(profile, options, home=settings.HOME, tell=tell):
        text = _("{city} is staged, in {seconds} s.")
    else:
        text = _("{city} was staged already.")
    seconds = f"{time.monotonic() - began_s:.1f}"
    tell.say(text.format(city=profile.name, seconds=seconds))


def _riders(text: str) -> int:
    riders = int(text)
    if not 1 <= riders <= MOST_RIDERS:
        raise ArgumentTypeError(_("between 1 and {most}").format(most=MOST_RIDERS))
    return riders
