"""The same prices by Polars, DuckDB and plain Python: the best formulations we know of each.

All take the sealed taps file of one day without carry and write a Parquet file with `RESULTS`.
They use what the file's order gives: the n-th boardings of all riders can be priced together once
the (n-1)-th are. That is several times faster than iterating expressions to a fixpoint.
"""

from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from bench.pricing_city import DAY_CAP, WEEK_CAP, WINDOW_S

RESULTS = ["leg", "single_minor", "fare_minor", "programme_minor", "programme", "share_minor"]
CAP = min(DAY_CAP, WEEK_CAP)  # within the first day of a week the smaller cap decides
READ = ["account", "tapped_at_s", "route", "medium", "category"]


def polars(taps: Path, result: Path) -> None:
    """`polars_priced` from file to file."""
    frame = polars_priced(pl.read_parquet(taps, columns=READ))
    frame.write_parquet(result, compression="zstd", compression_level=1)


def polars_priced(frame: pl.DataFrame) -> pl.DataFrame:
    """The n-th boardings of all riders at a time, their states joined by account."""
    starts = pl.col("account") != pl.col("account").shift(1)
    frame = frame.with_row_index("row").with_columns(
        mass=pl.col("route").cast(pl.String).str.starts_with("M-"),
        card=pl.col("medium").cast(pl.String) == "mi_movilidad",
        category=pl.col("category").cast(pl.String).fill_null(""),
    )
    first_row = pl.when(starts.fill_null(value=True)).then(pl.col("row")).forward_fill()
    frame = frame.with_columns(
        nth=pl.col("row") - first_row,
        own=pl.when((pl.col("category") == "student") & pl.col("card")).then(500).otherwise(1100),
    ).drop("route", "medium")
    done = []
    state = None
    for (_,), here in sorted(frame.partition_by("nth", as_dict=True, include_key=False).items()):
        priced = _polars_step(here.lazy(), state).collect()
        done.append(
            priced.select(
                "row", "account", "begins", "leg", "fare_minor", "programme_minor", "programme"
            )
        )
        state = priced.lazy().select(
            "account",
            pl.col("mass").alias("was_mass"),
            pl.col("first_s").alias("was_first_s"),
            pl.col("leg").alias("was_leg"),
            pl.col("spent").alias("was_spent"),
            pl.col("trips").alias("was_trips"),
            pl.col("begins").alias("was_begins"),
        )
    return _polars_shared(pl.concat(done).sort("row")).select(RESULTS)


def _polars_step(here: pl.LazyFrame, state: pl.LazyFrame | None) -> pl.LazyFrame:
    if state is None:
        here = here.with_columns(
            was_mass=pl.lit(None, pl.Boolean),
            was_first_s=pl.lit(None, pl.Int64),
            was_leg=pl.lit(0),
            was_spent=pl.lit(0),
            was_trips=pl.lit(0),
            was_begins=pl.lit(None, pl.UInt32),
        )
    else:
        here = here.join(state, on="account", how="left")
    changes = (
        pl.col("card")
        & (pl.col("mass") != pl.col("was_mass"))
        & (pl.col("tapped_at_s") - pl.col("was_first_s") <= WINDOW_S)
        & (pl.col("was_leg") < 2)
    ).fill_null(value=False)
    here = here.with_columns(changes=changes)
    moved = pl.col("changes")
    here = here.with_columns(
        leg=pl.when(moved).then(pl.col("was_leg") + 1).otherwise(0).cast(pl.UInt8),
        first_s=pl.when(moved).then("was_first_s").otherwise("tapped_at_s"),
        begins=pl.when(moved).then("was_begins").otherwise("row"),
        price=pl.when(moved)
        .then(pl.col("own") - (pl.col("own") * 5000 + 5000) // 10_000)
        .otherwise("own"),
    )
    full = (pl.col("category") == "older") & (pl.col("was_trips") < 2)
    half = (pl.col("category") == "worker") & (pl.col("was_trips") < 640)
    here = here.with_columns(
        programme_minor=pl.when(full)
        .then(pl.col("price"))
        .when(half)
        .then((pl.col("price") * 5000 + 5000) // 10_000)
        .otherwise(0),
        programme=pl.when(full).then(1).when(half).then(2).otherwise(0).cast(pl.UInt8),
    )
    rider = pl.min_horizontal(
        pl.col("price") - pl.col("programme_minor"), CAP - pl.col("was_spent")
    )
    return here.with_columns(fare_minor=rider).with_columns(
        spent=pl.col("was_spent") + pl.col("fare_minor"),
        trips=pl.col("was_trips") + (pl.col("programme") > 0),
    )


def _polars_shared(frame: pl.DataFrame) -> pl.DataFrame:
    """What each leg earns: journeys are runs of rows, so their sums are differences."""
    total = pl.col("fare_minor") + pl.col("programme_minor")
    journeys = frame.group_by("begins").agg(all=total.sum(), legs=pl.len().cast(pl.Int64))
    share = pl.col("all") // pl.col("legs") + (pl.col("leg") < pl.col("all") % pl.col("legs"))
    return frame.join(journeys, on="begins", how="left", maintain_order="left").with_columns(
        single_minor=pl.lit(1100), share_minor=share
    )


def duckdb_sql(taps: Path, result: Path) -> None:
    """The same in SQL: one statement for the n-th boardings of all riders."""
    with duckdb.connect() as base:
        base.execute("SET threads = 2")
        base.execute("SET preserve_insertion_order = true")
        base.execute(
            f"""CREATE TEMP TABLE tap AS
            SELECT file_row_number AS row, account, tapped_at_s, route LIKE 'M-%' AS mass,
                   medium = 'mi_movilidad' AS card, coalesce(category, '') AS category,
                   CASE WHEN category = 'student' AND medium = 'mi_movilidad'
                        THEN 500 ELSE 1100 END AS own,
                   row_number() OVER (PARTITION BY account ORDER BY tapped_at_s, file_row_number)
                   - 1 AS nth
            FROM read_parquet('{taps}', file_row_number = true)"""
        )
        most = base.execute("SELECT max(nth) FROM tap").fetchone()
        base.execute(_duckdb_step(0))
        for nth in range(1, (most[0] if most else 0) + 1):
            base.execute(_duckdb_step(nth))
        steps = " UNION ALL ".join(
            f"SELECT row, begins, leg, fare_minor, programme_minor, programme FROM step{nth}"
            for nth in range((most[0] if most else 0) + 1)
        )
        base.execute(
            f"""COPY (
            WITH priced AS ({steps}), journey AS (
                SELECT begins, sum(fare_minor + programme_minor)::BIGINT AS total, count(*) AS legs
                FROM priced GROUP BY begins)
            SELECT leg::UTINYINT AS leg, 1100 AS single_minor, fare_minor, programme_minor,
                   programme::UTINYINT AS programme,
                   total // legs + (leg < total % legs)::INT AS share_minor
            FROM priced JOIN journey USING (begins) ORDER BY row
            ) TO '{result}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"""
        )


def _duckdb_step(nth: int) -> str:
    came = (
        "false"
        if nth == 0
        else (
            f"coalesce(t.card AND t.mass <> w.mass AND t.tapped_at_s - w.first_s <= {WINDOW_S}"
            " AND w.leg < 2, false)"
        )
    )
    was = "" if nth == 0 else f" JOIN step{nth - 1} w USING (account)"

    def state(column: str, other: str) -> str:
        return other if nth == 0 else f"w.{column}"

    return f"""CREATE TEMP TABLE step{nth} AS
        WITH linked AS (
            SELECT t.*, {came} AS moves, {state("first_s", "0")} AS was_first_s,
                   {state("leg", "0")} AS was_leg, {state("begins", "0")} AS was_begins,
                   {state("spent", "0")} AS was_spent, {state("trips", "0")} AS was_trips
            FROM tap t{was} WHERE t.nth = {nth}),
        priced AS (
            SELECT *, CASE WHEN moves THEN own - (own * 5000 + 5000) // 10000 ELSE own END AS price,
                   CASE WHEN category = 'older' AND was_trips < 2 THEN 1
                        WHEN category = 'worker' AND was_trips < 640 THEN 2 ELSE 0 END AS programme
            FROM linked),
        paid AS (
            SELECT *, CASE programme WHEN 1 THEN price WHEN 2 THEN (price * 5000 + 5000) // 10000
                      ELSE 0 END AS programme_minor FROM priced),
        limited AS (
            SELECT *, least(price - programme_minor, {CAP} - was_spent) AS fare_minor FROM paid)
        SELECT row, account, mass, programme, programme_minor, fare_minor,
               CASE WHEN moves THEN was_leg + 1 ELSE 0 END AS leg,
               CASE WHEN moves THEN was_first_s ELSE tapped_at_s END AS first_s,
               CASE WHEN moves THEN was_begins ELSE row END AS begins,
               was_spent + fare_minor AS spent, was_trips + (programme > 0)::INT AS trips
        FROM limited"""


def plain_python(taps: Path, result: Path, most: int) -> int:
    """One loop over rows as Python objects, for the first `most` rows; how many it priced."""
    table = pq.read_table(taps, columns=READ).slice(0, most)
    rows = list(zip(*(column.to_pylist() for column in table.columns), strict=True))
    out: list[list[int]] = []
    before = -1
    journey: list[list[int]] = []
    spent = trips = leg = first_s = 0
    was_mass: bool | None = None
    for account, at_s, route, medium, category in rows:
        if account != before:
            before, spent, trips, leg, first_s, was_mass = account, 0, 0, 0, 0, None
        mass, card = route.startswith("M-"), medium == "mi_movilidad"
        price = 500 if card and category == "student" else 1100
        moves = card and was_mass not in (None, mass) and at_s - first_s <= WINDOW_S and leg < 2
        if moves:
            leg += 1
            price -= (price * 5000 + 5000) // 10_000
        else:
            _share(journey)
            journey, leg, first_s = [], 0, at_s
        was_mass = mass
        programme = paid = 0
        if category == "older" and trips < 2:
            programme, paid = 1, price
        elif category == "worker" and trips < 640:
            programme, paid = 2, (price * 5000 + 5000) // 10_000
        trips += programme > 0
        fare = min(price - paid, CAP - spent)
        spent += fare
        row = [leg, 1100, fare, paid, programme, fare + paid]
        journey.append(row)
        out.append(row)
    _share(journey)
    columns = [pa.array(column) for column in zip(*out, strict=True)]
    pq.write_table(pa.table(columns, names=RESULTS), result, compression="zstd")
    return len(rows)


def _share(journey: list[list[int]]) -> None:
    if len(journey) > 1:
        each, left = divmod(sum(row[2] + row[3] for row in journey), len(journey))
        for place, row in enumerate(journey):
            row[5] = each + (place < left)
