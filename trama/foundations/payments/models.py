"""What a closing owes: who collected for whom, and the settlement of every organisation."""

from django.db import models

from trama.foundations.registry.models import City, Organisation


class ClearingEntry(models.Model):
    """One cell of the clearing matrix: `collector` took money that `earner` earned.

    A later revision holds the *difference* that a re-rating brought, so the sum over revisions is
    what is owed and history stays.
    """

    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="+")
    service_date = models.DateField()
    revision = models.PositiveIntegerField()
    collector = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    earner = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    amount_minor = models.BigIntegerField()
    source = models.CharField(max_length=200, unique=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["city", "service_date", "revision", "collector", "earner"],
                name="clearing_cell_is_written_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.collector} → {self.earner} {self.amount_minor}"


class Settlement(models.Model):
    """What one organisation gives or gets for one service day, in one revision.

    `gross` is what its boardings earned, `fee` what clearing cost it, `collected` what it took in;
    `net = gross - fee - collected`: above zero it is paid, below zero it pays.
    """

    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="+")
    service_date = models.DateField()
    revision = models.PositiveIntegerField()
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    gross_minor = models.BigIntegerField()
    fee_minor = models.BigIntegerField()
    collected_minor = models.BigIntegerField()
    net_minor = models.BigIntegerField()
    source = models.CharField(max_length=200, unique=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["city", "service_date", "revision", "organisation"],
                name="settlement_is_written_once",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    net_minor=models.F("gross_minor")
                    - models.F("fee_minor")
                    - models.F("collected_minor")
                ),
                name="net_is_gross_less_fee_less_collected",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation} {self.service_date} r{self.revision} {self.net_minor}"
