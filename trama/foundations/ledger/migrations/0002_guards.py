"""The invariants in the database: append-only, chained running balances, balances that follow.

A batch is written as its own row, its postings, and its outbox row, which seals it. PostgreSQL
checks a whole statement of postings over its transition table; SQLite, which has no such thing,
checks the whole batch when it is sealed. Neither lets a batch be committed that is not sealed and
whole, nor a posting arrive outside its batch. Both raise what the database calls an integrity
error, with the sentence that was broken as its name.
"""

# ruff: noqa: S608 - the sentences are put together from the constants of this file only
from django.db import migrations

APPEND_ONLY = {
    "ledger_account": "accounts_are_append_only",
    "ledger_batch": "batches_are_append_only",
    "ledger_posting": "postings_are_append_only",
    "ledger_failedsource": "failed_sources_are_append_only",
}

POSTGRESQL = """
ALTER TABLE ledger_account ALTER COLUMN name TYPE varchar(200) COLLATE "C";
ALTER TABLE ledger_posting ALTER COLUMN source TYPE varchar(200) COLLATE "C";
ALTER TABLE ledger_failedsource ALTER COLUMN source TYPE varchar(200) COLLATE "C";
ALTER TABLE ledger_balance SET (fillfactor = 50);

CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
        MESSAGE = TG_ARGV[0], CONSTRAINT = TG_ARGV[0];
END $$;

CREATE FUNCTION ledger_balances_of_new_accounts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_balance (account_id, debits_pending_minor, debits_posted_minor,
        credits_pending_minor, credits_posted_minor, closed, last_posting)
    SELECT number, 0, 0, 0, 0, flags & 32 <> 0, 0 FROM added;
    RETURN NULL;
END $$;
CREATE TRIGGER account_begins_with_nothing AFTER INSERT ON ledger_account
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT
    EXECUTE FUNCTION ledger_balances_of_new_accounts();

CREATE FUNCTION ledger_balances_follow() RETURNS trigger LANGUAGE plpgsql
    SET jit = off SET work_mem = '64MB' AS $$
DECLARE
    broken bigint;
BEGIN
    IF EXISTS (
        SELECT FROM added LEFT JOIN ledger_batch b ON b.number = added.batch_id
        LEFT JOIN ledger_outbox o ON o.batch_id = added.batch_id
        WHERE o.batch_id IS NOT NULL OR b.number IS NULL
            OR added.number < b.first_posting OR added.number >= b.first_posting + b.postings
    ) THEN
        RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
            MESSAGE = 'postings_arrive_with_their_batch',
            CONSTRAINT = 'postings_arrive_with_their_batch';
    END IF;
    WITH legs AS (
        SELECT debit_id AS account_id, number,
            held_minor AS dh, posted_minor AS dp, 0 AS ch, 0 AS cp,
            debit_debits_pending_minor AS a, debit_debits_posted_minor AS b,
            debit_credits_pending_minor AS c, debit_credits_posted_minor AS d,
            debit_closed AS closed
        FROM added
        UNION ALL
        SELECT credit_id, number, 0, 0, held_minor, posted_minor,
            credit_debits_pending_minor, credit_debits_posted_minor,
            credit_credits_pending_minor, credit_credits_posted_minor, credit_closed
        FROM added
    ), chained AS MATERIALIZED (
        SELECT legs.*, lag(a) OVER w AS a0, lag(b) OVER w AS b0, lag(c) OVER w AS c0,
            lag(d) OVER w AS d0, lead(number) OVER w IS NULL AS is_last
        FROM legs WINDOW w AS (PARTITION BY account_id ORDER BY number)
    ), moved AS (
        UPDATE ledger_balance SET debits_pending_minor = a, debits_posted_minor = b,
            credits_pending_minor = c, credits_posted_minor = d,
            closed = chained.closed, last_posting = number
        FROM chained WHERE is_last AND ledger_balance.account_id = chained.account_id
    )
    SELECT count(*) INTO broken
    FROM chained LEFT JOIN ledger_balance
        ON a0 IS NULL AND ledger_balance.account_id = chained.account_id
    WHERE (coalesce(a0, debits_pending_minor) + dh = a
        AND coalesce(b0, debits_posted_minor) + dp = b
        AND coalesce(c0, credits_pending_minor) + ch = c
        AND coalesce(d0, credits_posted_minor) + cp = d) IS NOT TRUE;
    IF broken > 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
            MESSAGE = 'running_balances_follow_from_the_posting_before',
            CONSTRAINT = 'running_balances_follow_from_the_posting_before';
    END IF;
    IF EXISTS (
        SELECT FROM added LEFT JOIN ledger_posting p ON p.number = added.resolves
        WHERE added.resolves IS NOT NULL AND (p.held_minor = -added.held_minor
            AND p.debit_id = added.debit_id AND p.credit_id = added.credit_id
            AND p.flags & 2 = 2) IS NOT TRUE
    ) THEN
        RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
            MESSAGE = 'resolving_releases_what_was_held',
            CONSTRAINT = 'resolving_releases_what_was_held';
    END IF;
    INSERT INTO ledger_hold (posting_id, expires_at_ns)
    SELECT number, timestamp_ns + timeout_s * 1000000000 FROM added WHERE flags & 2 = 2;
    DELETE FROM ledger_hold USING added
    WHERE added.resolves IS NOT NULL AND posting_id = added.resolves;
    RETURN NULL;
END $$;
CREATE TRIGGER running_balances_follow AFTER INSERT ON ledger_posting
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT
    EXECUTE FUNCTION ledger_balances_follow();

CREATE FUNCTION ledger_batch_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM ledger_outbox WHERE batch_id = NEW.number)
        OR NEW.postings <> (SELECT count(*) FROM ledger_posting
            WHERE number >= NEW.first_posting AND number < NEW.first_posting + NEW.postings)
        OR NEW.accounts <> (SELECT count(*) FROM ledger_account
            WHERE number >= NEW.first_account AND number < NEW.first_account + NEW.accounts)
    THEN
        RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
            MESSAGE = 'batch_is_complete', CONSTRAINT = 'batch_is_complete';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER batch_is_sealed AFTER INSERT ON ledger_batch
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_batch_sealed();

CREATE FUNCTION ledger_only_from_postings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
            MESSAGE = TG_ARGV[0], CONSTRAINT = TG_ARGV[0];
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER balances_follow_postings
    BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON ledger_balance
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_only_from_postings('balances_follow_postings');
CREATE TRIGGER holds_follow_postings
    BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON ledger_hold
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_only_from_postings('holds_follow_postings');
CREATE TRIGGER outbox_rows_are_kept
    BEFORE UPDATE OF batch_id OR DELETE OR TRUNCATE ON ledger_outbox
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('outbox_rows_are_kept');
"""

SQLITE_RANGE = """(number
    BETWEEN (SELECT first_posting FROM ledger_batch WHERE number = NEW.batch_id)
    AND (SELECT first_posting + postings - 1 FROM ledger_batch WHERE number = NEW.batch_id))"""
SQLITE_LEGS = f"""
    SELECT debit_id AS leg_account, number,
        held_minor AS dh, posted_minor AS dp, 0 AS ch, 0 AS cp,
        debit_debits_pending_minor AS a, debit_debits_posted_minor AS b,
        debit_credits_pending_minor AS c, debit_credits_posted_minor AS d,
        debit_closed AS closed
    FROM ledger_posting WHERE {SQLITE_RANGE}
    UNION ALL
    SELECT credit_id, number, 0, 0, held_minor, posted_minor,
        credit_debits_pending_minor, credit_debits_posted_minor,
        credit_credits_pending_minor, credit_credits_posted_minor, credit_closed
    FROM ledger_posting WHERE {SQLITE_RANGE}
"""
SQLITE = [
    """
    CREATE TRIGGER account_begins_with_nothing AFTER INSERT ON ledger_account BEGIN
        INSERT INTO ledger_balance (account_id, debits_pending_minor, debits_posted_minor,
            credits_pending_minor, credits_posted_minor, closed, last_posting)
        VALUES (NEW.number, 0, 0, 0, 0, NEW.flags & 32 <> 0, 0);
    END
    """,
    """
    CREATE TRIGGER postings_arrive_with_their_batch BEFORE INSERT ON ledger_posting
    WHEN EXISTS (SELECT 1 FROM ledger_outbox WHERE batch_id = NEW.batch_id)
        OR NOT EXISTS (SELECT 1 FROM ledger_batch WHERE number = NEW.batch_id
            AND NEW.number >= first_posting AND NEW.number < first_posting + postings)
    BEGIN
        SELECT RAISE(ABORT, 'postings_arrive_with_their_batch');
    END
    """,
    f"""
    CREATE TRIGGER batch_is_sealed AFTER INSERT ON ledger_outbox BEGIN
        SELECT RAISE(ABORT, 'batch_is_complete') FROM ledger_batch b
        WHERE b.number = NEW.batch_id AND (b.postings <> (SELECT count(*) FROM ledger_posting p
                WHERE p.number >= b.first_posting AND p.number < b.first_posting + b.postings)
            OR b.accounts <> (SELECT count(*) FROM ledger_account a
                WHERE a.number >= b.first_account AND a.number < b.first_account + b.accounts));
        SELECT RAISE(ABORT, 'running_balances_follow_from_the_posting_before')
        FROM (
            SELECT leg.*, lag(a) OVER w AS a0, lag(b) OVER w AS b0, lag(c) OVER w AS c0,
                lag(d) OVER w AS d0
            FROM ({SQLITE_LEGS}) leg WINDOW w AS (PARTITION BY leg_account ORDER BY number)
        ) chained LEFT JOIN ledger_balance ON account_id = leg_account
        WHERE (coalesce(a0, debits_pending_minor) + dh = a
            AND coalesce(b0, debits_posted_minor) + dp = b
            AND coalesce(c0, credits_pending_minor) + ch = c
            AND coalesce(d0, credits_posted_minor) + cp = d) IS NOT TRUE;
        UPDATE ledger_balance SET debits_pending_minor = a, debits_posted_minor = b,
            credits_pending_minor = c, credits_posted_minor = d,
            closed = last_leg.closed, last_posting = last_leg.number
        FROM (
            SELECT leg_account, max(number) AS number, a, b, c, d, closed
            FROM ({SQLITE_LEGS}) GROUP BY leg_account
        ) last_leg WHERE account_id = leg_account;
        SELECT RAISE(ABORT, 'resolving_releases_what_was_held') WHERE EXISTS (
            SELECT 1 FROM (
                SELECT * FROM ledger_posting WHERE {SQLITE_RANGE} AND resolves IS NOT NULL
            ) q LEFT JOIN ledger_posting p ON p.number = q.resolves
            WHERE (p.held_minor = -q.held_minor
                AND p.debit_id = q.debit_id AND p.credit_id = q.credit_id
                AND p.flags & 2 = 2) IS NOT TRUE
        );
        INSERT INTO ledger_hold (posting_id, expires_at_ns)
        SELECT number, timestamp_ns + timeout_s * 1000000000 FROM ledger_posting
        WHERE {SQLITE_RANGE} AND flags & 2 = 2;
        DELETE FROM ledger_hold WHERE posting_id IN (
            SELECT resolves FROM ledger_posting WHERE {SQLITE_RANGE} AND resolves IS NOT NULL
        );
    END
    """,
    """
    CREATE TRIGGER balances_follow_postings BEFORE UPDATE ON ledger_balance BEGIN
        SELECT RAISE(ABORT, 'balances_follow_postings') WHERE NOT EXISTS (
            SELECT 1 FROM ledger_posting WHERE number = NEW.last_posting AND (
                (+debit_id = NEW.account_id
                AND debit_debits_pending_minor = NEW.debits_pending_minor
                AND debit_debits_posted_minor = NEW.debits_posted_minor
                AND debit_credits_pending_minor = NEW.credits_pending_minor
                AND debit_credits_posted_minor = NEW.credits_posted_minor
                AND debit_closed = NEW.closed)
                OR (+credit_id = NEW.account_id
                AND credit_debits_pending_minor = NEW.debits_pending_minor
                AND credit_debits_posted_minor = NEW.debits_posted_minor
                AND credit_credits_pending_minor = NEW.credits_pending_minor
                AND credit_credits_posted_minor = NEW.credits_posted_minor
                AND credit_closed = NEW.closed)
            )
        );
    END
    """,
    """
    CREATE TRIGGER balances_begin_with_nothing BEFORE INSERT ON ledger_balance BEGIN
        SELECT RAISE(ABORT, 'balances_follow_postings') WHERE NEW.last_posting <> 0
            OR NEW.debits_pending_minor <> 0 OR NEW.debits_posted_minor <> 0
            OR NEW.credits_pending_minor <> 0 OR NEW.credits_posted_minor <> 0
            OR NOT EXISTS (SELECT 1 FROM ledger_account WHERE number = NEW.account_id);
    END
    """,
    """
    CREATE TRIGGER balances_are_kept BEFORE DELETE ON ledger_balance BEGIN
        SELECT RAISE(ABORT, 'balances_follow_postings');
    END
    """,
    """
    CREATE TRIGGER holds_begin_with_a_pending_posting BEFORE INSERT ON ledger_hold
    WHEN NOT EXISTS (
        SELECT 1 FROM ledger_posting WHERE number = NEW.posting_id AND flags & 2 = 2
    ) BEGIN
        SELECT RAISE(ABORT, 'holds_follow_postings');
    END
    """,
    """
    CREATE TRIGGER holds_are_not_changed BEFORE UPDATE ON ledger_hold BEGIN
        SELECT RAISE(ABORT, 'holds_follow_postings');
    END
    """,
    """
    CREATE TRIGGER holds_end_with_a_resolving_posting BEFORE DELETE ON ledger_hold
    WHEN NOT EXISTS (SELECT 1 FROM ledger_posting WHERE resolves = OLD.posting_id) BEGIN
        SELECT RAISE(ABORT, 'holds_follow_postings');
    END
    """,
    """
    CREATE TRIGGER outbox_rows_are_not_renumbered BEFORE UPDATE OF batch_id ON ledger_outbox BEGIN
        SELECT RAISE(ABORT, 'outbox_rows_are_kept');
    END
    """,
    """
    CREATE TRIGGER outbox_rows_are_kept BEFORE DELETE ON ledger_outbox BEGIN
        SELECT RAISE(ABORT, 'outbox_rows_are_kept');
    END
    """,
]


SQLITE_KEYS = [
    # The key of a balance is SQLite's own row number, which saves a look-up for each leg.
    ("ledger_balance", '"account_id" bigint', '"account_id" integer'),
    # A batch without its outbox row, its seal, cannot be committed.
    (
        "ledger_batch",
        "PRIMARY KEY AUTOINCREMENT",
        'PRIMARY KEY REFERENCES "ledger_outbox" ("batch_id") DEFERRABLE INITIALLY DEFERRED',
    ),
]


def _rewrite(schema_editor, table, before, after):
    """Create an empty table again with one clause changed, and its indexes."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            "SELECT sql FROM sqlite_master WHERE tbl_name = %s AND sql IS NOT NULL "
            "ORDER BY type = 'index'",
            [table],
        )
        create, *indexes = (sql for (sql,) in cursor.fetchall())
    schema_editor.execute(f"DROP TABLE {table}")
    schema_editor.execute(create.replace(before, after, 1), None)
    for index in indexes:
        schema_editor.execute(index, None)


def guard(apps, schema_editor):
    """Create the triggers that this database can have."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL)
        for table, sentence in APPEND_ONLY.items():
            schema_editor.execute(
                f"CREATE TRIGGER {sentence} BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('{sentence}')"
            )
        return
    for table, before, after in SQLITE_KEYS:
        _rewrite(schema_editor, table, before, after)
    for trigger in SQLITE:
        schema_editor.execute(trigger)
    for table, sentence in APPEND_ONLY.items():
        for verb in ("UPDATE", "DELETE"):
            schema_editor.execute(
                f"CREATE TRIGGER {sentence}_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{sentence}'); END"
            )


def unguard(apps, schema_editor):
    """Take the triggers away again."""
    with schema_editor.connection.cursor() as cursor:
        if schema_editor.connection.vendor == "postgresql":
            cursor.execute(
                "SELECT tgname, tgrelid::regclass FROM pg_trigger "
                "WHERE NOT tgisinternal AND tgrelid::regclass::text LIKE 'ledger_%'"
            )
            for name, table in cursor.fetchall():
                cursor.execute(f"DROP TRIGGER {name} ON {table}")
            cursor.execute(
                "DROP FUNCTION ledger_refuse, ledger_balances_of_new_accounts, "
                "ledger_balances_follow, ledger_batch_sealed, ledger_only_from_postings"
            )
            return
        cursor.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'ledger_%'"
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP TRIGGER {name}")


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]
    operations = [migrations.RunPython(guard, unguard)]
