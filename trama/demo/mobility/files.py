"""Taps and tokens as tables with words in them, and taps as a Parquet file. Knows no Django."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from trama.demo.mobility.dirt import NO_STOP, SPARE_DEVICES, UNKNOWN_ROUTE, Sent
from trama.demo.mobility.people import riders_with_a_name
from trama.demo.mobility.profiles import Profile
from trama.demo.mobility.riders import NO_TOKEN, TOKENS_PER_RIDER, Riders, draw
from trama.demo.mobility.supply import Floats, Ints, Supply, device_codes

CHUNK_ROWS = 262_144
NOWHERE = "DESVIO-9"
TOKEN_LETTERS = b"abcdefghjkmnpqrs"
TOKEN_FIGURES = b"0123456789uvwxyz"


@dataclass(frozen=True, slots=True)
class Words:
    """What the numbers of a city's taps stand for."""

    media: pa.Array
    routes: pa.Array
    devices: pa.Array
    vehicles: pa.Array
    stops: pa.Array
    directions: pa.Array
    named: pa.Array
    first_named: int
    salt: int


def words_of(profile: Profile, supply: Supply, *, riders: int, seed: int) -> Words:
    """The vocabulary of a city with `riders` drawn riders; tokens depend on `seed`."""
    spare = [f"{supply.operators[0]}-repuesto-{n + 1}" for n in range(SPARE_DEVICES)]
    codes = device_codes(supply)
    in_stations = [profile.groups[g].in_stations for g in supply.group]
    fixed = np.repeat(in_stations, supply.devices).tolist()
    vehicles = [None if f else f"v-{code}" for code, f in zip(codes, fixed, strict=True)]
    return Words(
        media=pa.array([means.code for means in profile.media], pa.string()),
        routes=pa.array([*supply.routes, NOWHERE], pa.string()),
        devices=pa.array([*codes, *spare], pa.string()),
        vehicles=pa.array([*vehicles, *spare], pa.string()),
        stops=pa.array(supply.stops, pa.string()),
        directions=pa.array(["unknown", "on"], pa.string()),
        named=pa.array([who.token for who in riders_with_a_name(profile)], pa.string()),
        first_named=riders * TOKENS_PER_RIDER,
        salt=seed * 1_000_003 + sum(profile.code.encode()),
    )


def write_taps(
    path: Path, sent: Sent, words: Words, progress: Callable[[int, int], None] | None = None
) -> None:
    """Write a tap file chunk by chunk beside `path` and move it there when it is whole."""
    unfinished = path.with_suffix(".unfinished")
    path.parent.mkdir(parents=True, exist_ok=True)
    with pq.ParquetWriter(
        unfinished, next(tap_tables(sent, words)).schema, compression="zstd"
    ) as out:
        for done, table in enumerate(tap_tables(sent, words), 1):
            out.write_table(table)
            if progress:
                progress(min(done * CHUNK_ROWS, len(sent)), len(sent))
    unfinished.replace(path)


def tap_tables(sent: Sent, words: Words) -> Iterator[pa.Table]:
    """The columns of a tap file, `CHUNK_ROWS` at a time; at least one table."""
    for first in range(0, max(len(sent), 1), CHUNK_ROWS):
        part = slice(first, first + CHUNK_ROWS)
        route = np.where(sent.route == UNKNOWN_ROUTE, len(words.routes) - 1, sent.route)
        yield pa.table(
            {
                "device": words.devices.take(pa.array(sent.device[part])),
                "sequence": pa.array(sent.sequence[part]),
                "token": token_texts(sent.token[part], words),
                "medium": words.media.take(pa.array(sent.medium[part])),
                "tapped_at_s": pa.array(sent.at_s[part]),
                "route": words.routes.take(pa.array(route[part])),
                "stop": words.stops.take(
                    pa.array(sent.stop[part], mask=sent.stop[part] == NO_STOP)
                ),
                "vehicle": words.vehicles.take(pa.array(sent.device[part])),
                "direction": words.directions.take(
                    pa.array(sent.direction_known[part].astype(np.int8))
                ),
            }
        )


def token_texts(token: Ints, words: Words) -> pa.Array:
    """The pseudonyms of numbered tokens; null for `NO_TOKEN`. Sixteen letters and figures in
    turn, so that none can be mistaken for the number of a card."""
    mixed = _mixed(token.astype(np.uint64) + np.uint64(words.salt * 2**32 % 2**64))
    shifts = np.arange(60, -1, -4, dtype=np.uint64)
    nibbles = (mixed[:, None] >> shifts) & np.uint64(15)
    signs = np.where(
        np.arange(16) % 2 == 0,
        np.frombuffer(TOKEN_LETTERS, np.uint8)[nibbles],
        np.frombuffer(TOKEN_FIGURES, np.uint8)[nibbles],
    )
    ends = np.arange(0, 16 * len(token) + 1, 16, dtype=np.int32)
    texts = pa.StringArray.from_buffers(
        len(token), pa.py_buffer(ends.tobytes()), pa.py_buffer(signs.tobytes())
    )
    named = token >= words.first_named
    texts = pc.if_else(pa.array(token == NO_TOKEN), pa.scalar(None, pa.string()), texts)
    return pc.replace_with_mask(
        texts, pa.array(named), words.named.take(pa.array(token[named] - words.first_named))
    )


def token_tables(
    profile: Profile, riders: Riders, token: Ints, words: Words, valid_from: date
) -> Iterator[pa.Table]:
    """What the registry must know of the drawn tokens: each once, with its issuer and category."""
    numbers = np.unique(token[(token != NO_TOKEN) & (token < words.first_named)])
    issuers = pa.array(list(profile.issuers), pa.string())
    categories = pa.array([kind.code or None for kind in profile.categories], pa.string())
    for first in range(0, len(numbers), CHUNK_ROWS):
        part = numbers[first : first + CHUNK_ROWS]
        who = part // TOKENS_PER_RIDER
        issuer = draw(list(profile.issuers.values()), _uniform(who, words))
        yield pa.table(
            {
                "token": token_texts(part, words),
                "medium": words.media.take(pa.array(riders.medium[who])),
                "issuer": issuers.take(pa.array(issuer)),
                "category": categories.take(pa.array(riders.category[who])),
                "valid_from": pa.array([valid_from] * len(part), pa.date32()),
            }
        )


def _mixed(numbers: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """SplitMix64's finaliser: a bijection, so no two tokens are alike.

    Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
    """
    mixed = numbers + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def _uniform(who: Ints, words: Words) -> Floats:
    mixed = _mixed(who.astype(np.uint64) + np.uint64(~words.salt * 2**32 % 2**64))
    return np.asarray(mixed / np.float64(2**64))
