"""Refusals in the reader's language."""

from django.utils.translation import gettext

from trama.core.refusals import Refused


def said(refusal: Refused) -> dict[str, str]:
    """`{"code", "message", "remedy"}` of a refusal, translated and filled in."""
    return {
        "code": refusal.code,
        "message": gettext(refusal.message).format(**refusal.params),
        "remedy": gettext(refusal.remedy).format(**refusal.params) if refusal.remedy else "",
    }
