"""Simplified lines against Douglas and Peucker as they wrote it."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from trama.programmes.mobility.networks.geometry import in_metres, simplified

Points = list[tuple[float, float]]
POINTS = st.lists(
    st.tuples(st.integers(-500, 500).map(float), st.integers(-500, 500).map(float)),
    min_size=1,
    max_size=40,
)


def _distance(p: tuple[float, float], a: tuple[float, float], b: tuple[float, float]) -> float:
    dx, dy = b[0] - a[0], b[1] - a[1]
    length2 = max(dx * dx + dy * dy, 1e-9)
    t = min(max(((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / length2, 0), 1)
    return math.hypot(p[0] - a[0] - t * dx, p[1] - a[1] - t * dy)


def _literal(points: Points, tolerance: float, first: int, last: int) -> set[int]:
    inner = range(first + 1, last)
    if not inner:
        return {first, last}
    far, at = max((_distance(points[i], points[first], points[last]), -i) for i in inner)
    if far <= tolerance:
        return {first, last}
    return _literal(points, tolerance, first, -at) | _literal(points, tolerance, -at, last)


def _arranged(lines: list[Points]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    lengths = np.array([len(line) for line in lines])
    return np.array([p for line in lines for p in line]), np.cumsum(lengths) - lengths


@given(st.lists(POINTS, min_size=1, max_size=4), st.floats(0.1, 300))
def test_every_dropped_point_is_within_the_tolerance_of_what_is_drawn(
    lines: list[Points], tolerance: float
) -> None:
    points, starts = _arranged(lines)
    keep = simplified(points, starts, tolerance)
    for line, start in zip(lines, starts, strict=True):
        kept = [i for i in range(len(line)) if keep[start + i]]
        assert {0, len(line) - 1} <= set(kept)
        for before, after in itertools.pairwise(kept):
            for i in range(before + 1, after):
                assert _distance(line[i], line[before], line[after]) <= tolerance + 1e-6


@given(st.integers(0, 2**32), st.floats(0.5, 80))
def test_the_same_points_are_kept_as_by_the_literal_recursion(seed: int, tolerance: float) -> None:
    steps = np.random.default_rng(seed).normal(size=(120, 2)) * 50
    lines = [[(float(x), float(y)) for x, y in walk.cumsum(axis=0)] for walk in np.split(steps, 3)]
    points, starts = _arranged(lines)
    kept = set(np.flatnonzero(simplified(points, starts, tolerance)).tolist())
    expected = {
        int(start) + i
        for line, start in zip(lines, starts, strict=True)
        for i in _literal(line, tolerance, 0, len(line) - 1)
    }
    assert kept == expected


def test_a_kilometre_is_a_kilometre_in_both_directions() -> None:
    lat = np.array([19_290_000, 19_290_000, 19_298_983], np.int32)
    lon = np.array([-99_650_000, -99_640_483, -99_650_000], np.int32)
    here, east, north = in_metres(lat, lon)
    assert math.dist(here, east) == pytest.approx(1000, rel=0.002)
    assert math.dist(here, north) == pytest.approx(1000, rel=0.002)


def test_a_zigzag_deeper_than_patience_still_keeps_the_tolerance() -> None:
    teeth = [(100.0 * i, 20.0 * (i % 2)) for i in range(5000)]
    points, starts = _arranged([teeth])
    assert simplified(points, starts, 5).all()
    assert simplified(points, starts, 25).sum() == 2
