"""Tariffs and clearing agreements: dated documents, kept as they were published."""

from django.db import models

from trama.foundations.registry.models import City


class DatedDocument(models.Model):
    """A TOML document with its legal reference and its dates; `document` is the published text."""

    code = models.SlugField(max_length=80)
    title = models.CharField(max_length=200)
    legal_reference = models.CharField(max_length=300)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    known_since = models.DateField()
    document = models.TextField()
    digest = models.CharField(max_length=64)
    published_at_s = models.BigIntegerField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.code} {self.valid_from}"


class Tariff(DatedDocument):
    """What a ride costs in a city, from a date to a date."""

    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="tariffs")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["city", "valid_from"], name="city_has_one_tariff_from_a_date"
            ),
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True)
                | models.Q(valid_to__gte=models.F("valid_from")),
                name="tariff_ends_after_it_begins",
            ),
        ]


class Agreement(DatedDocument):
    """How operators split and clear what riders paid: rules, fee, collectors by medium."""

    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="agreements")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["city", "valid_from"], name="city_has_one_agreement_from_a_date"
            ),
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True)
                | models.Q(valid_to__gte=models.F("valid_from")),
                name="agreement_ends_after_it_begins",
            ),
        ]
