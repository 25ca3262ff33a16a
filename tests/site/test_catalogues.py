"""Everything that Trama says, in three languages: nothing missing, nothing that crashes."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import translation

from tests.programmes.mobility.fares.oracle import price_by_hand
from tests.site.test_run import environment, trama
from trama.programmes.mobility.fares import explanations
from trama.programmes.mobility.fares.documents import read_tariff
from trama.programmes.mobility.queries.explanations import sentence_of
from trama.site.catalogues import compiled, defects, gathered, updated

PACKAGE: Path = settings.PACKAGE
LOCALE = PACKAGE / "locale"
COMMANDS = {
    path.stem: path for path in PACKAGE.rglob("management/commands/*.py") if path.stem != "__init__"
}
HELP = """
import contextlib, io, json, sys
from trama.site import cli
told = {}
for name in sys.argv[1:]:
    sys.argv = ["trama", name, "--help"]
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.suppress(SystemExit):
        cli.main()
    told[name] = " ".join(out.getvalue().split())
print(json.dumps(told))
"""
HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    compiled(LOCALE)


def written(folder: Path, text: str, language: str = "es") -> Path:
    """A catalogue of one language under `folder`."""
    path = folder / language / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True)
    path.write_text(HEADER + text, encoding="utf-8")
    return path


def package_saying(folder: Path, python: str, template: str = "") -> Path:
    """A package that says what is given."""
    folder.mkdir()
    imported = "from django.utils.translation import gettext as _\n"
    (folder / "door.py").write_text(imported + python, encoding="utf-8")
    (folder / "page.html").write_text(template, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def sentences() -> list[Message]:
    """All that the sources of Trama say."""
    return [message for message in gathered(PACKAGE) if message.id]


def test_every_sentence_is_said_in_every_language() -> None:
    assert sorted(defects(LOCALE, PACKAGE)) == []


@pytest.mark.parametrize("language", ["es", "pt_BR"])
def test_plurals_have_the_forms_of_their_language(language: str) -> None:
    with (LOCALE / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        catalogue = read_po(file)
    forms = {len(message.string) for message in catalogue if isinstance(message.id, tuple)}
    assert forms == {catalogue.num_plurals} == {2}
    assert [translated(language, n) for n in (0, 1, 2, 1_000_000)] == {
        "es": ["0 viajes", "1 viaje", "2 viajes", "1000000 viajes"],
        "pt_BR": ["0 viagem", "1 viagem", "2 viagens", "1000000 viagens"],
    }[language]


def translated(language: str, n: int) -> str:
    with translation.override(language.replace("_", "-").lower()):
        return translation.ngettext("{n} journey", "{n} journeys", n).format(n=n)


def test_what_is_gathered(tmp_path: Path) -> None:
    python = (
        """told = _("plain " "joined"), f"{_(chr(65))} {gettext('inside')}", _(row["key"])\n"""
        """count = ngettext("{n} tap", "{n} taps", 3), pgettext("noun", "charge"), other("no")\n"""
    )
    template = (
        '{% load i18n %}<p title="{% translate "short" %}">\n'
        "  {% blocktranslate count n=n %}one{% plural %}{{ n }} of them{% endblocktranslate %}\n"
        '  {% translate "may" context "month" as here %}</p>'
    )
    found = {
        (message.context, message.id)
        for message in gathered(package_saying(tmp_path / "said", python, template))
        if message.id
    }
    assert found == {
        (None, "plain joined"),
        (None, "inside"),
        (None, ("{n} tap", "{n} taps")),
        ("noun", "charge"),
        (None, "short"),
        (None, ("one", "%(n)s of them")),
        ("month", "may"),
    }


def test_gettext_finds_nothing_that_was_not_gathered(
    tmp_path: Path, sentences: list[Message]
) -> None:
    if not shutil.which("xgettext"):
        pytest.skip("GNU gettext is not installed: there is no peer to compare with")
    kept = shutil.ignore_patterns("locale", "static", "data", "*.pyc")
    copy = shutil.copytree(PACKAGE, tmp_path / "trama", ignore=kept)
    (copy / "locale").mkdir()
    words = [sys.executable, "-m", "django", "makemessages", "--locale=es", "--no-location"]
    inherited = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
    subprocess.run(words, cwd=copy, env=inherited, check=True, capture_output=True, timeout=60)
    with (copy / "locale/es/LC_MESSAGES/django.po").open("rb") as file:
        theirs = {(message.context, message.id) for message in read_po(file) if message.id}
    ours = {(message.context, message.id) for message in sentences}
    assert len(theirs) > 500
    assert theirs <= ours


def test_every_kind_of_defect_is_named(tmp_path: Path) -> None:
    package = package_saying(tmp_path / "said", 'told = _("new"), _("in {place}"), _("silent")\n')
    written(
        tmp_path / "locale",
        'msgid "in {place}"\nmsgstr "en {lugar}"\n\n'
        'msgid "silent"\nmsgstr ""\n\n'
        '#, fuzzy\nmsgid "old"\nmsgstr "viejo"\n',
    )
    assert sorted(defects(tmp_path / "locale", package)) == [
        "es: fuzzy: 'old'",
        "es: missing: 'new', in door.py",
        "es: other places than its source: 'in {place}'",
        "es: untranslated: 'silent'",
    ]


def test_an_update_keeps_adds_and_forgets_and_never_guesses(tmp_path: Path) -> None:
    package = package_saying(tmp_path / "said", 'told = _("Close the day."), _("Close the days.")')
    path = written(
        tmp_path / "locale",
        'msgid "Close the day."\nmsgstr "Cierra el día."\n\nmsgid "gone"\nmsgstr "ido"\n',
    )
    assert list(updated(tmp_path / "locale", package)) == ["es: 2, 1 untranslated"]
    with path.open("rb") as file:
        kept = {message.id: message.string for message in read_po(file) if message.id}
    assert kept == {"Close the day.": "Cierra el día.", "Close the days.": ""}
    once = path.read_bytes()
    assert list(updated(tmp_path / "locale", package)) == ["es: 2, 1 untranslated"]
    assert path.read_bytes() == once


def test_the_check_fails_by_naming_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "PACKAGE", package_saying(tmp_path / "said", '_("new")\n'))
    monkeypatch.setattr(settings, "LOCALE_PATHS", [tmp_path / "locale"])
    path = written(tmp_path / "locale", "")
    with pytest.raises(CommandError, match=r"es: missing: 'new', in door\.py"):
        call_command("compile_catalogues", "--check")
    path.write_text(HEADER + 'msgid "new"\nmsgstr "se dice"\n', encoding="utf-8")
    call_command("compile_catalogues", "--check")


def help_in(language: str, home: Path) -> dict[str, str]:
    """The help of every command as one line each, through the door that `trama` is."""
    done = subprocess.run(
        [sys.executable, "-c", HELP, *COMMANDS],
        env={**environment(home), "TRAMA_LANGUAGE": language, "COLUMNS": "1000"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_the_help_of_every_command_is_in_the_language_of_the_terminal(
    tmp_path: Path, sentences: list[Message]
) -> None:
    helps = {language: help_in(language, tmp_path) for language in ("en", "es", "pt")}
    for name, path in COMMANDS.items():
        place = (path.relative_to(PACKAGE).as_posix(), 0)
        said = [m.id for m in sentences if isinstance(m.id, str) and place in m.locations]
        shown = [text for text in said if text and text in helps["en"][name]]
        assert shown, name
        for language, code in (("es", "es"), ("pt", "pt-br")):
            with translation.override(code):
                absent = [
                    t for t in map(translation.gettext, shown) if t not in helps[language][name]
                ]
            assert absent == [], name
            assert shown[0] not in helps[language][name]


@pytest.mark.parametrize("words", [(), ("help",)])
def test_trama_alone_lists_its_commands(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = trama(tmp_path, *words)
    assert done.returncode == 0, done.stderr
    assert set(COMMANDS) <= set(done.stdout.split())


@pytest.mark.parametrize("language", ["es", "pt-br"])
def test_clauses_can_be_joined_in_every_language(language: str, sentences: list[Message]) -> None:
    place = (Path(explanations.__file__).relative_to(PACKAGE).as_posix(), 0)
    clauses = [str(message.id) for message in sentences if place in message.locations]
    assert explanations.PAYS in clauses
    with translation.override(language):
        for clause in clauses:
            said = translation.gettext(clause)
            assert said != clause
            assert re.match(r"[a-zà-ú{]", said), said
            assert not said.endswith((".", ";")), said


RIDES = (("07:30", "C12", None), ("08:01", "MC-L1", None), ("16:00", "C12", "yo_jalisco_student"))
FOLLOWED = {
    "es": [
        "La tarifa en C12 es de $11.00.",
        "La tarifa en MC-L1 es de $11.00; hiciste transbordo desde C12, 31 min después del primer "
        "abordaje del viaje y dentro del plazo de 2 h, así que se descuenta el 50 %; la ciudad no "
        "ha publicado cuánto puede durar un transbordo: se suponen 2 h; pagas $5.50.",
        "La tarifa en C12 es de $11.00; con la categoría “Yo Jalisco 100 %: estudiante” es de "
        "$5.00; el programa Yo Jalisco 100 % estudiantes lo pagó todo; no pagas nada; viajes que "
        "el programa todavía paga hoy: 3; viajes que el programa todavía paga este año: 729.",
    ],
    "pt-br": [
        "A tarifa em C12 é de $11,00.",
        "A tarifa em MC-L1 é de $11,00; você fez integração vindo de C12, 31 min depois do "
        "primeiro embarque da viagem e dentro do prazo de 2 h, por isso há desconto de 50 %; a "
        "cidade não publicou quanto tempo a integração pode durar: supõem-se 2 h; você paga $5,50.",
        "A tarifa em C12 é de $11,00; com a categoria “Yo Jalisco 100 %: estudiante” é de $5,00; "
        "o programa Yo Jalisco 100 % estudiantes pagou tudo; você não paga nada; viagens que o "
        "programa ainda paga hoje: 3; viagens que o programa ainda paga neste ano: 729.",
    ],
}


@pytest.mark.parametrize("language", FOLLOWED)
def test_jalisco_explains_a_day_in_whole_sentences(language: str) -> None:
    document = PACKAGE / "demo/data/guadalajara/tariff-2026.toml"
    tariff = read_tariff(document.read_text(encoding="utf-8"))
    taps = [
        {
            "account": 1 if category is None else 2,
            "tapped_at_s": 1_791_984_600 + 60 * (60 * int(at[:2]) + int(at[3:]) - 450),
            "route": route,
            "agency": "A",
            "operator": "o",
            "medium": "mi_movilidad",
            "category": category,
            "direction": "on",
        }
        for at, route, category in RIDES
    ]
    legs = [tap | row for tap, row in zip(taps, price_by_hand(taps, tariff), strict=True)]
    told = [*explanations.explain(tariff, legs[:2]), *explanations.explain(tariff, legs[2:])]
    with translation.override(language):
        said = [sentence_of(one).replace("\u00a0", " ") for one in told]
    assert said == FOLLOWED[language]
