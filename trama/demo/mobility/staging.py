"""A city of the demo, from founding it to the second revision of its day.

Every step goes through the verbs that anybody uses, changes nothing when it is repeated, and is
left out when a later one is already there; so a staging that was killed is finished by the next.
"""

import json
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from trama.core.refusals import Refused, gettext_noop
from trama.demo.mobility.days import draw_days
from trama.demo.mobility.founding import found, register_things
from trama.demo.mobility.laying import lay_network, publish_documents
from trama.demo.mobility.profiles import Profile
from trama.demo.mobility.riders import midnight_s
from trama.demo.mobility.supply import read_supply
from trama.demo.telling import Teller
from trama.foundations.registry.models import City
from trama.foundations.registry.queries import cities, get_city
from trama.programmes.mobility.actions.closing import close_day
from trama.programmes.mobility.actions.taps import load_taps
from trama.programmes.mobility.models import Closing

HOUR_S = 3_600
_OPTION = {"riders": "riders", "seed": "seed", "day": "date"}


@dataclass(frozen=True, slots=True)
class Options:
    """What a demo is staged with; it stays so for the life of the city."""

    riders: int
    seed: int
    day: date


def stage(profile: Profile, options: Options, *, home: Path, tell: Teller) -> bool:
    """Stage one city; False when it was staged already, with whatever options.

    Refused as `demo_was_begun_otherwise` when one with other options was begun and not finished.
    """
    day = options.day
    if is_staged(profile.code):
        return False
    _keep_options(profile, options, home)
    tell.say(profile.name)
    midnight_of_morrow = midnight_s(day + timedelta(days=1), profile.timezone)
    city = _prepare(profile, options, home=home, tell=tell)
    _close(city, day, 0, home=home, at_s=midnight_of_morrow + 4 * HOUR_S, tell=tell)
    if not _closings(profile.code).filter(service_date=day, revision=1).exists():
        for name, title in (
            ("next_morning", _("the next morning's taps, left open")),
            ("late", _("taps that arrive late")),
        ):
            _load(profile, name, title, home=home, at_s=midnight_of_morrow + 10 * HOUR_S, tell=tell)
    _close(city, day, 1, home=home, at_s=midnight_of_morrow + 11 * HOUR_S, tell=tell)
    return True


def is_staged(city: str) -> bool:
    """Whether the city's demo was staged to its end."""
    done = Closing.Step.DONE
    return _closings(city).filter(revision=1, step=done, city__is_synthetic=True).exists()


def _closings(city: str) -> QuerySet[Closing]:
    return Closing.objects.filter(city__code=city)


def _prepare(profile: Profile, options: Options, *, home: Path, tell: Teller) -> City:
    """Everything until the day can be closed; a day whose closing was begun is not loaded again."""
    at_s = midnight_s(options.day, profile.timezone)
    supply = read_supply(profile)
    with tell.step(_("city and organisations")):
        city = found(profile)
    with tell.step(_("network")):
        lay_network(city, profile, supply, home=home, at_s=at_s)
    with tell.step(_("tariffs and clearing agreement")):
        publish_documents(city, profile, at_s=at_s)
    if _closings(profile.code).exists():
        return city
    with tell.step(_("synthetic riders and their taps")) as share:
        days = draw_days(profile, supply, riders=options.riders, day=options.day, seed=options.seed)
        days.write(folder_of(profile, home), share)
    with tell.step(_("devices, tokens and people")) as share:
        register_things(city, days, share)
    closes_s = midnight_s(options.day + timedelta(days=1), profile.timezone) + 4 * HOUR_S
    _load(profile, "day", _("the day's taps"), home=home, at_s=closes_s, tell=tell)
    return city


def _load(profile: Profile, name: str, title: str, *, home: Path, at_s: int, tell: Teller) -> None:
    with tell.step(title) as share:
        load_taps(
            city=get_city(profile.code),
            path=folder_of(profile, home) / f"{name}.parquet",
            at_s=at_s,
            progress=share,
        )


def _close(city: City, day: date, revision: int, *, home: Path, at_s: int, tell: Teller) -> None:
    done = Closing.Step.DONE
    if _closings(city.code).filter(service_date=day, revision=revision, step=done).exists():
        return
    title = _("closing {day}, revision {revision}").format(day=day, revision=revision)
    with tell.step(title) as share:
        close_day(
            city=city,
            service_date=day,
            home=home,
            at_s=at_s,
            progress=lambda closing: share(
                closing.done, closing.total, str(closing.get_step_display())
            ),
        )


def folder_of(profile: Profile, home: Path) -> Path:
    """Where the city's generated files lie."""
    return home / "demo" / profile.code


def _keep_options(profile: Profile, options: Options, home: Path) -> None:
    path = folder_of(profile, home) / "options.json"
    told = {**asdict(options), "day": options.day.isoformat()}
    if cities().filter(code=profile.code).exists() and path.exists():
        before = json.loads(path.read_text())
        if before != told:
            raise Refused(
                "demo_was_begun_otherwise",
                gettext_noop("The demo of {city} was begun with {options} and is not finished."),
                remedy=gettext_noop(
                    "Finish it with the same options, or begin in an empty folder."
                ),
                city=profile.name,
                options=" ".join(f"--{_OPTION[name]} {value}" for name, value in before.items()),
            )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(told))
