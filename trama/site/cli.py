"""`trama COMMAND`: every verb of the house from a terminal, with help in the reader's language."""

import os
import sys

LANGUAGES = {"es": "es", "pt": "pt-br", "en": "en"}


def language_of_terminal() -> str:
    """Language for help and messages: TRAMA_LANGUAGE, then the locale, then Spanish."""
    for name in ("TRAMA_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        spoken = os.environ.get(name, "")[:2].lower()
        if spoken in LANGUAGES:
            return LANGUAGES[spoken]
    return "es"


def main() -> None:
    """Run one command of the project."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trama.site.settings")
    import django
    from django.core.management import execute_from_command_line
    from django.utils import translation

    django.setup()
    translation.activate(language_of_terminal())
    execute_from_command_line(sys.argv)
