"""What a city of the demo runs on: its network, who runs it, its tariffs and its agreement."""

import csv
import io
import zipfile
from pathlib import Path

from trama.demo.mobility.profiles import Profile
from trama.demo.mobility.supply import Supply
from trama.foundations.registry.models import City
from trama.programmes.mobility.actions.concessions import Assignment, assign_operators
from trama.programmes.mobility.actions.networks import load_network
from trama.programmes.mobility.actions.tariffs import publish_agreement, publish_tariff

ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


def lay_network(city: City, profile: Profile, supply: Supply, *, home: Path, at_s: int) -> None:
    """Load the network and say who runs (or collects the fares of) each route."""
    told = profile.network
    path = profile.folder / told.archive if told.archive else _zipped_tables(profile, home)
    load_network(
        city=city,
        path=path,
        home=home,
        at_s=at_s,
        feed=told.feed,
        valid_from=told.valid_from,
        source=told.source,
        licence=told.licence,
        routes_only=bool(told.tables),
    )
    assign_operators(city=city, assignments=_assignments(profile, supply))


def publish_documents(city: City, profile: Profile, *, at_s: int) -> None:
    """The city's tariffs in the order of their dates, then its clearing agreements."""
    for path in sorted(profile.folder.glob("tariff*.toml")):
        publish_tariff(city=city, document=path.read_text(encoding="utf-8"), at_s=at_s)
    for path in sorted(profile.folder.glob("agreement*.toml")):
        publish_agreement(city=city, document=path.read_text(encoding="utf-8"), at_s=at_s)


def _assignments(profile: Profile, supply: Supply) -> list[Assignment]:
    by_agency = bool(profile.network.operators)
    agencies = supply.agencies
    named = {
        (agency, "" if by_agency else route): supply.operators[operator]
        for agency, route, operator in zip(agencies, supply.routes, supply.operator, strict=True)
    }
    return [
        Assignment(line, agency, route, operator, profile.network.valid_from)
        for line, ((agency, route), operator) in enumerate(named.items(), 1)
    ]


def _zipped_tables(profile: Profile, home: Path) -> Path:
    """Agencies and routes as a feed without trips, the same bytes every time."""
    folder = profile.folder / profile.network.tables
    agencies = list(csv.DictReader((folder / "agency.csv").read_text("utf-8").splitlines()))
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow(["agency_id", "agency_name", "agency_timezone", "agency_url"])
    for row in agencies:
        out.writerow([row["agency_id"], row["agency_name"], profile.timezone, ""])
    path = home / "demo" / profile.code / f"{profile.network.feed}.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as feed:
        feed.writestr(zipfile.ZipInfo("agency.txt", ZIP_EPOCH), text.getvalue())
        feed.writestr(
            zipfile.ZipInfo("routes.txt", ZIP_EPOCH), (folder / "routes.csv").read_bytes()
        )
    return path
