"""The closing of a service day, one row per revision; sealed rows are Parquet files it names."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from trama.foundations.registry.models import City


class Closing(models.Model):
    """Revision 0 closes the day; later ones add late taps and post only the difference.

    `through_id` is the last tap row that belongs to it: set first, so that a killed closing run
    again sees the same taps. `figures` holds the day's totals and what each step took.
    """

    class Step(models.TextChoices):
        FROZEN = "frozen", _("Taps frozen")
        SEALED = "sealed", _("Taps sealed")
        PRICED = "priced", _("Priced")
        CHARGED = "charged", _("Charged")
        SETTLED = "settled", _("Cleared and settled")
        DONE = "done", _("Done")

    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="closings")
    service_date = models.DateField()
    revision = models.PositiveIntegerField()
    step = models.CharField(max_length=10, choices=Step.choices, default=Step.FROZEN)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    through_id = models.BigIntegerField()
    tariff_digest = models.CharField(max_length=64)
    agreement_digest = models.CharField(max_length=64)
    started_at_s = models.BigIntegerField()
    finished_at_s = models.BigIntegerField(null=True)
    figures = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["city", "service_date", "revision"], name="day_is_closed_once_per_revision"
            )
        ]

    def __str__(self) -> str:
        return f"{self.city} {self.service_date} r{self.revision} {self.step}"


class SealedSequence(models.Model):
    """The span of sequences a device has in a sealed day: where to look for a late duplicate."""

    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="+", db_index=False)
    device = models.CharField(max_length=60)
    service_date = models.DateField()
    first = models.BigIntegerField()
    last = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["city", "device", "service_date"], name="sealed_span_is_one_per_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.device} {self.service_date} {self.first}..{self.last}"
