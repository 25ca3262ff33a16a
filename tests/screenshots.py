"""Photograph pages: every address at each width, in each language, by day and by night.

python -m tests.screenshots --out DIR --base http://127.0.0.1:8000 /style/ /guadalajara/
"""

import argparse
import functools
import itertools
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.browser import DESK, PHONE, browser

WIDTHS = {"phone": PHONE, "desk": DESK}
LANGUAGES = ("es", "pt-br", "en")
THEMES = ("light", "dark")


def sign_in(page: Any, base: str, user: str, password: str) -> None:
    """Through the page a person uses; the fields are found by their types."""
    page.goto(f"{base}/sign-in/")
    page.locator("main input[name=username]:visible").fill(user)
    page.locator("main input[type=password]").fill(password)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_load_state()


def file_name(path: str) -> str:
    """`/guadalajara/days/` as `guadalajara-days`."""
    return re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-") or "front"


def photograph(args: argparse.Namespace) -> list[Path]:
    """Write `DIR/PAGE.LANGUAGE.WIDTH.THEME.png`; the files in order."""
    taken = []
    args.out.mkdir(parents=True, exist_ok=True)
    with browser() as opened:
        for width, language, theme in itertools.product(args.widths, args.languages, args.themes):
            context = opened.new_context(
                viewport=WIDTHS[width], color_scheme=theme, locale=language, device_scale_factor=1
            )
            context.add_cookies([{"name": "django_language", "value": language, "url": args.base}])
            page = context.new_page()
            if args.user:
                sign_in(page, args.base, args.user, args.password)
            for path in args.paths:
                page.goto(args.base + path)
                page.evaluate("document.fonts.ready")
                file = args.out / f"{file_name(path)}.{language}.{width}.{theme}.png"
                page.screenshot(path=file, full_page=True)
                taken.append(file)
            context.close()
    return taken


def chosen(text: str, known: Sequence[str]) -> list[str]:
    """`es,en` as a list; `ValueError` for a word that is not known."""
    words = text.split(",")
    if not set(words) <= set(known):
        raise ValueError(text)
    return words


def main() -> None:
    """Read the command line, photograph, name the files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--base", default="http://127.0.0.1:8000")
    parser.add_argument("--user", default="")
    parser.add_argument("--password", default="")
    for name, known in (("widths", tuple(WIDTHS)), ("languages", LANGUAGES), ("themes", THEMES)):
        few = functools.partial(chosen, known=known)
        parser.add_argument(f"--{name}", type=few, default=known, metavar=",".join(known))
    for file in photograph(parser.parse_args()):
        print(file)  # noqa: T201 - its answer


if __name__ == "__main__":
    main()
