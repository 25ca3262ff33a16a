"""Translations without a tool outside Python: gather, compile, and hold them to be whole."""

import ast
import io
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

PLACES = re.compile(r"%\(\w+\)[sd]|\{\w*(?:![rsa])?\}")
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}

# A context, or None, and a sentence, or its singular and plural.
Said = tuple[str | None, str | tuple[str, ...]]


def gathered(package: Path) -> Catalog:
    """Every sentence that the Python and the templates under `package` mark for translation."""
    catalogue = Catalog(charset="utf-8")
    for path in sorted((*package.rglob("*.py"), *package.rglob("*.html"))):
        read = _of_python if path.suffix == ".py" else _of_template
        for context, said in read(path):
            place = (path.relative_to(package).as_posix(), 0)
            catalogue.add(said, locations=[place], context=context)
    return catalogue


def updated(folder: Path, package: Path) -> Iterator[str]:
    """Bring the catalogues in `folder` up to the sources; yields a line about each.

    A sentence that no source says any more is forgotten; a new one waits, empty, and is never
    guessed from a similar one.
    """
    told = gathered(package)
    for path in sorted(folder.rglob("django.po")):
        catalogue = _catalogue(path)
        catalogue.update(told, no_fuzzy_matching=True, update_creation_date=False)
        with path.open("wb") as file:
            write_po(
                file,
                catalogue,
                width=100,
                ignore_obsolete=True,
                sort_by_file=True,
                include_lineno=False,
            )
        empty = sum(1 for message in catalogue if message.id and not _is_said(message))
        yield f"{path.parent.parent.name}: {len(catalogue)}, {empty} untranslated"


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


def defects(folder: Path, package: Path) -> Iterator[str]:
    """What is missing, fuzzy, or has other places than its source, one line each."""
    told = {_said(message): message for message in gathered(package) if message.id}
    for path in sorted(folder.rglob("django.po")):
        language = path.parent.parent.name
        known = {_said(message): message for message in _catalogue(path) if message.id}
        for said, message in known.items():
            yield from (f"{language}: {what}: {said[1]!r}" for what in _wrong(message))
        for said in told.keys() - known.keys():
            yield f"{language}: missing: {said[1]!r}, in {told[said].locations[0][0]}"


def _of_python(path: Path) -> Iterator[Said]:
    source = path.read_text(encoding="utf-8")
    if "gettext" not in source:
        return
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if name in KEYWORDS:
            yield from _of_call(node, KEYWORDS[name])


def _of_call(call: ast.Call, places: tuple[int | tuple[int, str], ...] | None) -> Iterator[Said]:
    texts = [arg.value if isinstance(arg, ast.Constant) else None for arg in call.args]
    context, wanted = None, []
    for place in places or (1,):
        number = place if isinstance(place, int) else place[0]
        text = texts[number - 1] if number <= len(texts) else None
        if not isinstance(text, str):
            return
        if isinstance(place, int):
            wanted.append(text)
        else:
            context = text
    yield context, wanted[0] if len(wanted) == 1 else tuple(wanted)


def _of_template(path: Path) -> Iterator[Said]:
    source = templatize(path.read_text(encoding="utf-8"), origin=str(path))
    lines = "\n".join(line.strip() for line in source.splitlines())
    for _line, said, _remarks, context in extract("python", io.BytesIO(lines.encode()), KEYWORDS):
        yield context, said


def _wrong(message: Message) -> Iterator[str]:
    ids, said = _forms(message.id), _forms(message.string)
    if not _is_said(message):
        yield "untranslated"
        return
    if message.fuzzy:
        yield "fuzzy"
    wanted = {place for text in ids for place in PLACES.findall(text)}
    for text in said:
        found = set(PLACES.findall(text))
        if not found <= wanted or (len(ids) == 1 and found != wanted):
            yield "other places than its source"


def _is_said(message: Message) -> bool:
    said = _forms(message.string)
    return bool(said) and all(said)


def _said(message: Message) -> Said:
    ids = _forms(message.id)
    return message.context, ids[0] if len(ids) == 1 else ids


def _forms(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ())


def _catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)
