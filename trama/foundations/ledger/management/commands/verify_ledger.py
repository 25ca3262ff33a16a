"""`trama verify_ledger`: recompute everything; exit with 1 on any difference."""

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trama.foundations.ledger.audit import audit


class Command(BaseCommand):
    help = _(
        "Recompute the whole ledger (balances, hashes, holds, outbox) and compare it with itself."
    )

    def handle(self, *args: object, **options: object) -> None:
        """Print what was read, and every difference by name."""
        found = audit()
        for finding in found.findings:
            text = _(finding.message).format(**finding.params)
            self.stderr.write(f"{finding.code}: {text}")
        if found.differences:
            raise CommandError(
                ngettext(
                    "The ledger has {count} difference.",
                    "The ledger has {count} differences.",
                    found.differences,
                ).format(count=found.differences)
            )
        self.stdout.write(
            _(
                "The ledger agrees with itself: {batches} batches, {accounts} accounts, "
                "{postings} postings."
            ).format(batches=found.batches, accounts=found.accounts, postings=found.postings)
        )
