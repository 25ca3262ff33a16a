"""A refusal is an answer: it has a name, a sentence and a way out, and nothing was changed."""

from collections.abc import Mapping


def gettext_noop(message: str) -> str:
    """Mark `message` for the translators; the door that shows it translates it."""
    return message


class Refused(Exception):
    """Something asked for was not done, and nothing of it was kept.

    `code` is stable and in snake_case (programs read it). `message` and `remedy` are English
    templates marked with `gettext_noop`, with `{name}` places filled from `params`; a door
    translates the template first and fills it afterwards (see `trama.web.refusals`).
    """

    def __init__(self, code: str, message: str, /, *, remedy: str = "", **params: object) -> None:
        self.code = code
        self.message = message
        self.remedy = remedy
        self.params: Mapping[str, object] = params
        super().__init__(f"{code}: {message.format(**params)}")
