"""Colours are legible, and categories stay apart for every kind of colour vision.

Contrast: WCAG 2.2, 1.4.3 and 1.4.11. Colour vision: Machado, Oliveira and Fernandes (2009), full
severity. Distance: Ottosson's Oklab.
"""

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from trama.web.tokens import MEANINGS, resolved, tokens

THEMES = ("light", "dark")
TEXT = ("ink", "ink-soft", "accent", "money-in", "money-out", "attention", "refused", "synthetic")
VISION = {
    "usual": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
TO_CONES = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
TO_LAB = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)


def light_of(colour: str) -> NDArray[np.float64]:
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    dark, bright = sorted(float(light_of(c) @ [0.2126, 0.7152, 0.0722]) for c in (one, other))
    return (bright + 0.05) / (dark + 0.05)


def seen(colour: str, vision: str) -> NDArray[np.float64]:
    cones = np.array(TO_CONES) @ np.clip(np.array(VISION[vision]) @ light_of(colour), 0, 1)
    return np.array(TO_LAB) @ np.cbrt(cones)


@pytest.mark.parametrize("theme", THEMES)
def test_text_is_legible_where_it_stands(theme: str) -> None:
    colour = {name: getattr(token, theme) for name, token in tokens().items()}
    pairs = [(text, ground) for text in TEXT for ground in ("paper", "surface", "sunken")]
    pairs += [(name, f"{name}-wash") for name in TEXT if f"{name}-wash" in colour]
    pairs += [("ink", name) for name in colour if name.endswith("-wash")]
    pairs += [("accent-ink", "accent"), ("accent-ink", "heat-3"), ("accent-ink", "heat-4")]
    pairs += [("ink", f"heat-{step}") for step in range(3)]
    faint = {p: contrast(colour[p[0]], colour[p[1]]) for p in pairs}
    assert {p: round(c, 2) for p, c in faint.items() if c < 4.5} == {}


@pytest.mark.parametrize("theme", THEMES)
def test_marks_and_borders_of_controls_can_be_seen(theme: str) -> None:
    marks = [n for n in tokens() if n.startswith("cat-")] + ["line-strong"]
    faint = [
        (mark, ground)
        for mark in marks
        for ground in ("paper", "surface")
        if contrast(getattr(tokens()[mark], theme), getattr(tokens()[ground], theme)) < 3
    ]
    assert faint == []


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("vision", VISION)
def test_categories_stay_apart(theme: str, vision: str) -> None:
    colours = {n: getattr(t, theme) for n, t in tokens().items() if n.startswith("cat-")}
    assert len(colours) == 7
    near = {
        pair: round(float(distance), 3)
        for pair in combinations(colours, 2)
        if (
            distance := np.linalg.norm(
                seen(colours[pair[0]], vision) - seen(colours[pair[1]], vision)
            )
        )
        < 0.1
    }
    assert near == {}


def test_a_picture_outside_a_page_has_colours_of_its_own() -> None:
    assert resolved('fill="var(--ink)"') == f'fill="{tokens()["ink"].light}"'
    assert resolved("var(--ink)", dark=True) == tokens()["ink"].dark


def test_every_token_says_when_to_use_it() -> None:
    assert set(tokens()) == set(MEANINGS)
