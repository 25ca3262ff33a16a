"""The nouns of mobility: networks, tariffs, taps and the closing of a day."""

from trama.programmes.mobility.models.closings import Closing, SealedSequence
from trama.programmes.mobility.models.networks import Agency, Concession, Network, Route, Stop
from trama.programmes.mobility.models.taps import HeldTap, Tap
from trama.programmes.mobility.models.tariffs import Agreement, Tariff

__all__ = [
    "Agency",
    "Agreement",
    "Closing",
    "Concession",
    "HeldTap",
    "Network",
    "Route",
    "SealedSequence",
    "Stop",
    "Tap",
    "Tariff",
]
