"""The ledger's tables, for reading. Only `trama.foundations.ledger.store` writes them.

Accounts, postings, batches and failed sources are append-only; a balance and a hold are what the
postings add up to, kept so that they need not be added up again. The second migration says all this
to the database, which refuses whoever tries otherwise.
"""

from django.db import models


class Account(models.Model):
    """Something that can owe or be owed, in one currency, named by a text key for ever.

    `code` is the kind: its first digit of four says asset, liability, equity, income or expense.
    """

    number = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=200)
    ledger = models.PositiveIntegerField(help_text="ISO 4217 numeric")
    code = models.PositiveIntegerField()
    flags = models.PositiveSmallIntegerField(default=0)
    user_data_128 = models.BinaryField(max_length=16, null=True)
    user_data_64 = models.PositiveBigIntegerField(null=True)
    user_data_32 = models.PositiveBigIntegerField(null=True)
    timestamp_ns = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name"], name="account_name_is_its_own"),
            models.CheckConstraint(
                condition=models.Q(code__gte=1000, code__lt=6000),
                name="account_code_begins_with_its_kind",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Balance(models.Model):
    """The four balances of an account, as its last posting left them (the database sees to it)."""

    account = models.OneToOneField(
        Account, models.DO_NOTHING, primary_key=True, db_constraint=False, related_name="balance"
    )
    debits_pending_minor = models.BigIntegerField(default=0)
    debits_posted_minor = models.BigIntegerField(default=0)
    credits_pending_minor = models.BigIntegerField(default=0)
    credits_posted_minor = models.BigIntegerField(default=0)
    closed = models.BooleanField(default=False)
    last_posting = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    debits_pending_minor__gte=0,
                    debits_posted_minor__gte=0,
                    credits_pending_minor__gte=0,
                    credits_posted_minor__gte=0,
                ),
                name="balances_are_never_below_zero",
            )
        ]

    def __str__(self) -> str:
        return f"{self.account_id}: {self.debits_posted_minor} / {self.credits_posted_minor}"


class Batch(models.Model):
    """What was written together: accounts or postings, sealed by a hash over the hash before."""

    number = models.BigAutoField(primary_key=True)
    at_s = models.BigIntegerField(help_text="the instant given by the caller")
    timestamp_ns = models.PositiveBigIntegerField(help_text="of the last event; always increasing")
    first_account = models.BigIntegerField()
    accounts = models.PositiveIntegerField()
    first_posting = models.BigIntegerField()
    postings = models.PositiveIntegerField()
    hash = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return f"{self.number}: {self.postings or self.accounts}"


class Posting(models.Model):
    """One event on two accounts: a transfer, or the expiry of a pending one (no flags, resolves).

    Both accounts' pending balances changed by `held_minor` and their posted ones by `posted_minor`
    (debits of the debit account, credits of the credit account), so it balances by construction.
    `resolves` is the number of the pending posting that this one posts, voids or expires.
    The eight running balances are those right after this posting.
    """

    number = models.BigAutoField(primary_key=True)
    batch = models.ForeignKey(
        Batch, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    source = models.CharField(max_length=200)
    debit = models.ForeignKey(
        Account, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    credit = models.ForeignKey(
        Account, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    held_minor = models.BigIntegerField()
    posted_minor = models.BigIntegerField()
    ledger = models.PositiveIntegerField(help_text="ISO 4217 numeric")
    code = models.PositiveIntegerField()
    flags = models.PositiveSmallIntegerField()
    timestamp_ns = models.PositiveBigIntegerField()
    debit_debits_pending_minor = models.BigIntegerField()
    debit_debits_posted_minor = models.BigIntegerField()
    debit_credits_pending_minor = models.BigIntegerField()
    debit_credits_posted_minor = models.BigIntegerField()
    debit_closed = models.BooleanField()
    credit_debits_pending_minor = models.BigIntegerField()
    credit_debits_posted_minor = models.BigIntegerField()
    credit_credits_pending_minor = models.BigIntegerField()
    credit_credits_posted_minor = models.BigIntegerField()
    credit_closed = models.BooleanField()
    resolves = models.BigIntegerField(null=True)
    timeout_s = models.PositiveBigIntegerField(null=True)
    user_data_128 = models.BinaryField(max_length=16, null=True)
    user_data_64 = models.PositiveBigIntegerField(null=True)
    user_data_32 = models.PositiveBigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["debit", "number"], name="posting_debit"),
            models.Index(fields=["credit", "number"], name="posting_credit"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["source"], name="source_is_posted_once"),
            models.UniqueConstraint(
                fields=["resolves"],
                condition=models.Q(resolves__isnull=False),
                name="pending_is_resolved_once",
            ),
            models.CheckConstraint(
                condition=~models.Q(debit=models.F("credit")), name="posting_has_two_accounts"
            ),
            models.CheckConstraint(
                condition=models.Q(posted_minor__gte=0)
                & (
                    models.Q(resolves__isnull=True, held_minor__gte=0)
                    | models.Q(resolves__isnull=False, held_minor__lte=0)
                ),
                name="posting_amounts_have_their_sign",
            ),
            models.CheckConstraint(
                condition=models.Q(resolves__isnull=False)
                | models.Q(held_minor=0)
                | models.Q(posted_minor=0),
                name="posting_holds_or_posts",
            ),
            models.CheckConstraint(
                condition=models.Q(resolves__isnull=True)
                | models.Q(posted_minor__lte=0 - models.F("held_minor")),
                name="posting_resolves_at_most_what_was_held",
            ),
        ]

    def __str__(self) -> str:
        return self.source


class Hold(models.Model):
    """A pending posting that nothing has resolved yet."""

    posting = models.OneToOneField(
        Posting, models.DO_NOTHING, primary_key=True, db_constraint=False, related_name="hold"
    )
    expires_at_ns = models.PositiveBigIntegerField(null=True, db_index=True)

    def __str__(self) -> str:
        return str(self.posting_id)


class FailedSource(models.Model):
    """A source that was refused for a reason that may pass: it is used up (`id_already_failed`)."""

    source = models.CharField(max_length=200, primary_key=True)
    status = models.CharField(max_length=60)
    timestamp_ns = models.PositiveBigIntegerField()

    def __str__(self) -> str:
        return f"{self.source}: {self.status}"


class Outbox(models.Model):
    """One row for each batch, written with it: what others must be told, until they were."""

    batch = models.OneToOneField(
        Batch, models.DO_NOTHING, primary_key=True, db_constraint=False, related_name="outbox"
    )
    delivered_at_s = models.BigIntegerField(null=True, db_index=True)

    def __str__(self) -> str:
        return f"{self.batch_id}"
