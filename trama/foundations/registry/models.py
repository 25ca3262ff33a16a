"""Who and what there is: cities, organisations, people, devices, tokens, and who may do what."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class City(models.Model):
    """A city that runs programmes. Its service day begins `cutover_s` seconds after midnight."""

    code = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    timezone = models.CharField(max_length=60)
    currency = models.CharField(max_length=3)
    cutover_s = models.PositiveIntegerField(default=3 * 3600)
    is_synthetic = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(cutover_s__lt=86_400), name="city_day_is_cut_within_a_day"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Organisation(models.Model):
    """An authority, an operator, an auditor's office, a payer of programmes."""

    class Kind(models.TextChoices):
        AUTHORITY = "authority", _("Transit authority")
        OPERATOR = "operator", _("Operator")
        AUDITOR = "auditor", _("Auditor")
        PAYER = "payer", _("Payer of programmes")

    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="organisations")
    code = models.SlugField(max_length=60)
    name = models.CharField(max_length=160)
    kind = models.CharField(max_length=12, choices=Kind.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["city", "code"], name="organisation_code_is_unique_in_its_city"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """What a signed-in person may do, and for whom."""

    class Role(models.TextChoices):
        RIDER = "rider", _("Rider")
        OPERATOR = "operator", _("Operator")
        AUTHORITY = "authority", _("Authority's back office")
        AUDITOR = "auditor", _("Auditor")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(max_length=12, choices=Role.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organisation", "role"], name="membership_is_held_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.role} · {self.organisation}"


class Device(models.Model):
    """A validator, a gate or a till. Only the digest of its key is kept."""

    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="devices")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="devices")
    code = models.CharField(max_length=60)
    key_digest = models.CharField(max_length=64)
    revoked_at_s = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["city", "code"], name="device_code_is_unique_in_its_city"
            )
        ]

    def __str__(self) -> str:
        return self.code


class Token(models.Model):
    """A pseudonym that pays: a card, a phone. `issuer` holds the money of its rider."""

    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="tokens", db_index=False)
    token = models.CharField(max_length=64)
    medium = models.CharField(max_length=40)
    issuer = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="issued_tokens")
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="tokens",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["city", "token"], name="token_is_unique_in_its_city")
        ]

    def __str__(self) -> str:
        return self.token


class Entitlement(models.Model):
    """A rider category that a token's rider has proven, for a while."""

    token = models.ForeignKey(Token, on_delete=models.CASCADE, related_name="entitlements")
    category = models.CharField(max_length=40)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True)
                | models.Q(valid_to__gte=models.F("valid_from")),
                name="entitlement_ends_after_it_begins",
            ),
            models.UniqueConstraint(
                fields=["token", "category", "valid_from"], name="entitlement_is_proven_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.token} · {self.category}"
