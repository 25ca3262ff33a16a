"""Which class a route belongs to, and whether two classes claim the same route."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from itertools import chain

from trama.programmes.mobility.fares.vocabulary import RouteClass


def is_pattern(route: str) -> bool:
    """Whether a route is named by a pattern: `*` is any text, `?` any one character."""
    return "*" in route or "?" in route


def claimed_twice(first: RouteClass, second: RouteClass) -> str | None:
    """What both claim with equal right, as `routes = MP-T01`; None when nothing.

    An exact name, a pattern, an agency and `otherwise` have rights of their own, in this order:
    only claims of equal right are in conflict.
    """
    for route in first.routes:
        for other in second.routes:
            if is_pattern(route) == is_pattern(other) and _overlap(route, other):
                return f"routes = {route}" if route == other else f"routes = {route}, {other}"
    for agency in first.agencies:
        if agency in second.agencies:
            return f"agencies = {agency}"
    return "otherwise = true" if first.otherwise and second.otherwise else None


@lru_cache(maxsize=100_000)
def _overlap(first: str, second: str) -> bool:
    """Whether some text fits both patterns. A row of the table is one place in `first`."""
    fits = [True] + [False] * len(second)
    for j, sign in enumerate(second):
        fits[j + 1] = fits[j] and sign == "*"
    for letter in first:
        above = fits
        fits = [above[0] and letter == "*"]
        for j, sign in enumerate(second):
            if letter == "*":
                fits.append(above[j + 1] or fits[j])
            elif sign == "*":
                fits.append(fits[j] or above[j + 1])
            else:
                fits.append(above[j] and (letter == sign or "?" in (letter, sign)))
    return fits[-1]


def class_of_route(
    classes: Sequence[RouteClass], route: str | None, agency: str | None
) -> RouteClass | None:
    """The class that names `route` exactly, else by pattern, else by its agency, else the one for
    the others; None when there is no such class."""
    exact = (c for c in classes if route in c.routes)
    pattern = (c for c in classes for p in c.routes if is_pattern(p) and _fits(route, p))
    by_agency = (c for c in classes if agency in c.agencies)
    others = (c for c in classes if c.otherwise)
    return next(chain(exact, pattern, by_agency, others), None)


def _fits(route: str | None, pattern: str) -> bool:
    return route is not None and fnmatchcase(route, pattern)
