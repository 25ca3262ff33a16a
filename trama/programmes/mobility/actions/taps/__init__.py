"""The verbs of taps: keep each once, hold what cannot be kept yet, release it, load files."""

from trama.programmes.mobility.actions.taps.keeping import hold_taps, keep_taps
from trama.programmes.mobility.actions.taps.loading import LoadReport, load_taps
from trama.programmes.mobility.actions.taps.receiving import Outcome, Sender, receive_taps
from trama.programmes.mobility.actions.taps.releasing import dismiss_tap, release_taps
from trama.programmes.mobility.actions.taps.sorting import lock_taps_of

__all__ = [
    "LoadReport",
    "Outcome",
    "Sender",
    "dismiss_tap",
    "hold_taps",
    "keep_taps",
    "load_taps",
    "lock_taps_of",
    "receive_taps",
    "release_taps",
]
