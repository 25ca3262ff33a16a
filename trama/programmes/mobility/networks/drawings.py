"""How each route is drawn: the paths its trips take most, few points, small enough for a phone."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trama.programmes.mobility.networks.geometry import in_metres, simplified

Ints = NDArray[np.int64]
Lines = list[list[list[float]]]
MAP_BYTES = 390_000
ROUTE_BYTES = 200  # names, colour, agency and operator of one route
FINE_M = 28  # below, a digit more: a metre and not eleven
TOLERANCES_M = (5, 7, 10, 14, 20, 28, 34, 40, 48, 56, 67, 80, 95, 113, 135, 160, 226, 320, 640)
BOTH_WAYS = 2  # where trips tell no direction, the two paths most used stand for there and back


@dataclass(frozen=True, slots=True)
class Drawing:
    """`lines` of a route id: [[[lon, lat], ...], ...] in degrees."""

    lines: Mapping[str, Lines]
    tolerance_m: int
    from_shapes: int
    from_stops: int


def draw_routes(tables: Mapping[str, pa.Table]) -> Drawing:
    """Lines of every route that has trips, from shapes, or from stop to stop without them."""
    trips = tables["trips"]
    paths = _Paths(tables)
    route, path = _most_used(trips, paths.of_trip)
    lat, lon, starts = paths.points(path)
    points = in_metres(lat, lon)
    keep, tolerance_m = _light_enough(
        points, starts, MAP_BYTES - ROUTE_BYTES * len(np.unique(route))
    )
    digits = _digits(tolerance_m)
    ends = np.append(starts[1:], len(points))
    names = _words(trips, "route_id").dictionary.to_pylist()
    lines: dict[str, Lines] = {}
    for code, start, end in zip(route.tolist(), starts.tolist(), ends.tolist(), strict=True):
        kept = keep[start:end]
        xy = np.column_stack([lon[start:end][kept], lat[start:end][kept]])
        if len(xy) > 1:
            lines.setdefault(names[code], []).append(np.round(xy / 1e6, digits).tolist())
    shaped = len(np.unique(route[path < paths.shapes]))
    return Drawing(lines, tolerance_m, shaped, len(np.unique(route)) - shaped)


class _Paths:
    """Every way a trip can go: the shapes first, then the sequences of stops without a shape."""

    def __init__(self, tables: Mapping[str, pa.Table]) -> None:
        self.stops = _columns(tables["stops"], "lat_e6", "lon_e6")
        times = tables["stop_times"]
        self.trip, self.stop = (times.column(c).to_numpy() for c in ("trip", "stop"))
        trips = tables["trips"].num_rows
        self.begins = np.searchsorted(self.trip, np.arange(trips + 1))
        words = _words(tables["trips"], "shape_id")
        shape_of_word, self.shape_points, self.shape_begins = _shapes(tables, words.dictionary)
        self.shapes = len(self.shape_begins) - 1
        shape = shape_of_word[words.indices.to_numpy(zero_copy_only=False)]
        pattern, self.example = self._patterns()
        self.of_trip: Ints = np.where(shape >= 0, shape, self.shapes + pattern)

    def _patterns(self) -> tuple[Ints, Ints]:
        """Number of the stop sequence of each trip, and a trip that has it, by that number."""
        longest = int(np.diff(self.begins).max())
        weights = np.random.default_rng(0).integers(1, 2**63, longest, np.uint64)
        place = np.arange(self.trip.size) - self.begins[self.trip]
        marks = (self.stop.astype(np.uint64) + np.uint64(1)) * weights[place]
        sums = np.add.reduceat(marks, self.begins[:-1])
        _, example, pattern = np.unique(sums, return_index=True, return_inverse=True)
        return pattern.astype(np.int64), example.astype(np.int64)

    def points(self, paths: Ints) -> tuple[NDArray[np.int32], NDArray[np.int32], Ints]:
        """Latitudes, longitudes and the first point of each of `paths`, one after the other."""
        pieces = [self._path(path) for path in paths.tolist()]
        lengths = np.array([len(piece) for piece in pieces], np.int64)
        both = np.concatenate([np.zeros((0, 2), np.int32), *pieces])
        return both[:, 0], both[:, 1], np.cumsum(lengths) - lengths

    def _path(self, path: int) -> NDArray[np.int32]:
        if path < self.shapes:
            return self.shape_points[self.shape_begins[path] : self.shape_begins[path + 1]]
        trip = self.example[path - self.shapes]
        stops: NDArray[np.int32] = self.stops[self.stop[self.begins[trip] : self.begins[trip + 1]]]
        return stops


def _shapes(
    tables: Mapping[str, pa.Table], words: pa.Array
) -> tuple[Ints, NDArray[np.int32], Ints]:
    """Shape number of each word (-1 without), the points of all shapes, where each begins."""
    if "shapes" not in tables or not tables["shapes"].num_rows:
        return np.full(len(words), -1), np.zeros((0, 2), np.int32), np.zeros(1, np.int64)
    shapes = tables["shapes"]
    runs = _words(shapes, "shape_id").indices.to_numpy(zero_copy_only=False)
    begins = np.append(np.flatnonzero(np.append(True, runs[1:] != runs[:-1])), len(runs))
    order = _words(shapes, "shape_id").dictionary.take(pa.array(runs[begins[:-1]]))
    number = pc.index_in(words, value_set=order).fill_null(-1).to_numpy(zero_copy_only=False)
    return number.astype(np.int64), _columns(shapes, "lat_e6", "lon_e6"), begins


def _most_used(trips: pa.Table, path: Ints) -> tuple[Ints, Ints]:
    """Route code and path of what is drawn; ties go to the path that comes first."""
    route = _words(trips, "route_id").indices.to_numpy(zero_copy_only=False).astype(np.int64)
    way = trips.column("direction").fill_null(-1).to_numpy().astype(np.int64)
    used, count = np.unique(np.column_stack([route, way, path]), axis=0, return_counts=True)
    order = np.lexsort((used[:, 2], -count, used[:, 1], used[:, 0]))
    used = used[order]
    group = used[:, 0] * 4 + used[:, 1]
    begins = np.flatnonzero(np.append(True, group[1:] != group[:-1]))
    lengths = np.diff(np.append(begins, len(group)))
    rank = np.arange(len(group)) - np.repeat(begins, lengths)
    drawn = used[rank < np.where(used[:, 1] < 0, BOTH_WAYS, 1)]
    return drawn[:, 0], drawn[:, 2]


def _light_enough(
    points: NDArray[np.float64], starts: Ints, room_bytes: int
) -> tuple[NDArray[np.bool_], int]:
    """The finest tolerance whose points fit, by bisection; the coarsest when none does."""

    def fits(tolerance_m: int) -> bool:
        point_bytes = 11 + 2 * _digits(tolerance_m)  # `[-99.593,19.2305],`
        kept = int(simplified(points, starts, tolerance_m).sum())
        return kept * point_bytes <= room_bytes

    finest = bisect_left(TOLERANCES_M[:-1], True, key=fits)
    return simplified(points, starts, TOLERANCES_M[finest]), TOLERANCES_M[finest]


def _words(table: pa.Table, column: str) -> pa.DictionaryArray:
    return table.column(column).unify_dictionaries().combine_chunks()


def _columns(table: pa.Table, *names: str) -> NDArray[np.int32]:
    columns: NDArray[np.int32] = np.column_stack([table.column(n).to_numpy() for n in names])
    return columns


def _digits(tolerance_m: int) -> int:
    return 5 if tolerance_m < FINE_M else 4
