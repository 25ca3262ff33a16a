"""The files of a closing: taps sealed, prices beside them, and the day added up from both."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from trama.core.days import service_day_bounds
from trama.programmes.mobility.actions.closing.freezing import frozen_taps
from trama.programmes.mobility.actions.closing.posting import (
    Terms,
    charge_all,
    charge_difference,
    totals_and_charges,
)
from trama.programmes.mobility.models import Closing
from trama.programmes.mobility.queries.tariffs import (
    get_agreement_by_digest,
    get_tariff_by_digest,
)
from trama.programmes.mobility.sealed.layout import SealedFile, day_folder
from trama.programmes.mobility.sealed.pricing import price_sealed
from trama.programmes.mobility.sealed.reading import read_groups
from trama.programmes.mobility.sealed.revisions import reprice_accounts
from trama.programmes.mobility.sealed.taps import write_taps

Seen = Callable[[int], None]
ADDED_UP = [
    *("account", "token", "medium", "operator", "issuer", "direction"),
    *("journey", "leg", "fare_minor", "programme_minor", "programme"),
    *("tendered_minor", "share_minor"),
]


@dataclass(frozen=True, slots=True)
class Work:
    """What the steps of one closing share."""

    closing: Closing
    terms: Terms
    home: Path
    folder: Path
    carry_from: Path | None
    ends_at_s: int
    threads: int

    @classmethod
    def of(cls, closing: Closing, home: Path, threads: int) -> "Work":
        """The documents and folders that a closing names."""
        city, day = closing.city, closing.service_date
        earlier = Closing.objects.filter(city=city, service_date__lt=day, step=Closing.Step.DONE)
        last = earlier.order_by("-service_date").values_list("service_date", flat=True).first()
        tariff, _ = get_tariff_by_digest(city, closing.tariff_digest)
        agreement, _ = get_agreement_by_digest(city, closing.agreement_digest)
        return cls(
            closing=closing,
            terms=Terms(tariff, agreement),
            home=home,
            folder=day_folder(home, city.code, day),
            carry_from=day_folder(home, city.code, last) if last else None,
            ends_at_s=service_day_bounds(day, city.timezone, city.cutover_s)[1],
            threads=threads,
        )

    def price(self, seen: Seen) -> dict[str, object]:
        """Price the sealed taps of the first closing; answers the digests of the files."""
        written = price_sealed(
            self.folder,
            0,
            tariff=self.terms.tariff,
            agreement=self.terms.agreement,
            carry_from=self.carry_from,
            ends_at_s=self.ends_at_s,
            threads=self.threads,
            progress=lambda done, total: seen(done),
        )
        digests = self.closing.figures["digests"] | _digests(written.prices, written.carry)
        return {"digests": digests}

    @property
    def unsettled_file(self) -> Path:
        """Accounts whose carried state this closing changed, for the next closed day."""
        return self.folder / f"unsettled-r{self.closing.revision}.npy"


def seal(closing: Closing, work: Work) -> dict[str, object]:
    """Seal the taps of a first closing."""
    return {"digests": _digests(write_taps(work.folder, 0, frozen_taps(closing, work.home)))}


def charge(closing: Closing, work: Work, seen: Seen) -> dict[str, object]:
    """Charge every account of a first closing; answers the day's totals."""
    parts = read_groups(work.folder, ADDED_UP)
    return {"totals": charge_all(closing, parts, work.terms, seen).as_json()}


def reprice(closing: Closing, work: Work) -> dict[str, object]:
    """Price touched accounts again and charge the differences; answers what the totals gain."""
    cause = closing.figures.get("cause")
    handed_on = Path(cause) if cause else None
    changed = reprice_accounts(
        work.folder,
        closing.revision,
        accounts=_accounts(work.home / handed_on) if handed_on else np.empty(0, np.int64),
        late=frozen_taps(closing, work.home),
        tariff=work.terms.tariff,
        agreement=work.terms.agreement,
        carry_from=work.carry_from,
        ends_at_s=work.ends_at_s,
    )
    keep_accounts(work.unsettled_file, changed.unsettled)
    before, charged = totals_and_charges(changed.before, work.terms)
    after, charges = totals_and_charges(changed.after, work.terms)
    charge_difference(closing, charged, charges)
    digests = _digests(changed.taps_file, changed.prices_file, changed.carry_file)
    return {"digests": digests, "totals": (after - before).as_json()}


def _digests(*files: SealedFile) -> dict[str, object]:
    return {file.path.name: file.sha256 for file in files}


def _accounts(path: Path) -> npt.NDArray[np.int64]:
    accounts: npt.NDArray[np.int64] = np.load(path)
    return accounts


def keep_accounts(path: Path, accounts: npt.NDArray[np.int64]) -> None:
    """Write account numbers to `path`, whole or not at all."""
    temporary = path.with_suffix(".writing")
    with temporary.open("wb") as file:
        np.save(file, accounts)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
