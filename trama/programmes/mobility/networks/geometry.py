"""Lines with fewer points that look the same."""

import itertools

import numpy as np
from numpy.typing import NDArray

from trama.programmes.mobility.networks.values import Mask

METRES_PER_DEGREE = 111_320.0
PATIENCE = 64  # real lines are done in 40 rounds; after that a hostile zigzag is halved instead


def in_metres(lat_e6: NDArray[np.int32], lon_e6: NDArray[np.int32]) -> NDArray[np.float64]:
    """Positions (n) as (n, 2) metres on a plane that is true around their middle."""
    lat, lon = lat_e6 / 1e6, lon_e6 / 1e6
    middle = np.deg2rad(lat.mean()) if len(lat) else 0.0
    return np.column_stack([lon * np.cos(middle), lat]) * METRES_PER_DEGREE


def simplified(points: NDArray[np.float64], starts: NDArray[np.int64], tolerance_m: float) -> Mask:
    """Which of `points` (n, 2) to keep so that no other lies farther than `tolerance_m` away.

    `starts` holds the first point of each line; a line ends where the next begins. All lines are
    split at once, a round for each depth. Source: Ramer 1972, Douglas and Peucker 1973.
    """
    keep = np.zeros(len(points), bool)
    first, last = starts, np.append(starts[1:], len(points)) - 1
    keep[first] = keep[last] = True
    for depth in itertools.count():
        unsplit = last - first > 1
        first, last = first[unsplit], last[unsplit]
        if not len(first):
            return keep
        far, at = _farthest(points, first, last)
        if depth >= PATIENCE:
            at = (first + last) // 2
        split = far > tolerance_m
        first, last, at = first[split], last[split], at[split]
        keep[at] = True
        first, last = np.concatenate([first, at]), np.concatenate([at, last])
    raise AssertionError("a stretch gets shorter in every round")


def _farthest(
    points: NDArray[np.float64], first: NDArray[np.int64], last: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Distance and number of the point farthest from the chord of each stretch."""
    lengths = last - first - 1
    begins = np.cumsum(lengths) - lengths
    stretch = np.repeat(np.arange(len(first)), lengths)
    number = np.arange(lengths.sum()) - begins[stretch] + first[stretch] + 1
    start = points[first]
    chord = points[last] - start
    length2 = np.maximum((chord**2).sum(axis=1), 1e-9)
    offset = points[number] - start[stretch]
    along = np.clip((offset * chord[stretch]).sum(axis=1) / length2[stretch], 0, 1)
    distance = np.hypot(*(offset - along[:, None] * chord[stretch]).T)
    far = np.maximum.reduceat(distance, begins)
    reached = np.flatnonzero(distance == far[stretch])
    at = number[reached[np.unique(stretch[reached], return_index=True)[1]]]
    return far, at
