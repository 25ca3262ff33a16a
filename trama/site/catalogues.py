"""Translations without a tool outside Python: compile the catalogues, and hold them to be whole."""

import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

PLACES = re.compile(r"%\(\w+\)[sd]|\{\w*\}")


def compiled(folder: Path) -> list[Path]:
    """Write `django.mo` beside every newer `django.po` under `folder`; returns those written."""
    written = []
    for source in sorted(folder.rglob("django.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with target.open("wb") as file:
            write_mo(file, _catalogue(source))
        written.append(target)
    return written


def defects(folder: Path) -> Iterator[str]:
    """What is missing, fuzzy, or has other places than its source, one line each."""
    sources = {path: _catalogue(path) for path in sorted(folder.rglob("django.po"))}
    known = {str(m.id) for catalogue in sources.values() for m in catalogue if m.id}
    for path, catalogue in sources.items():
        language = path.parent.parent.name
        for message in catalogue:
            if message.id:
                yield from (f"{language}: {what}: {message.id!r}" for what in _wrong(message))
        here = {str(message.id) for message in catalogue}
        yield from (f"{language}: missing: {text!r}" for text in sorted(known - here))


def _wrong(message: Message) -> Iterator[str]:
    ids, said = _forms(message.id), _forms(message.string)
    if not said or not all(said):
        yield "untranslated"
        return
    if message.fuzzy:
        yield "fuzzy"
    wanted = {place for text in ids for place in PLACES.findall(text)}
    for text in said:
        found = set(PLACES.findall(text))
        if not found <= wanted or (len(ids) == 1 and found != wanted):
            yield "other places than its source"


def _forms(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ())


def _catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)
