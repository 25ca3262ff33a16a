"""Forms of mobility's pages."""

from collections.abc import Mapping

from django import forms
from django.utils.translation import gettext_lazy as _

from trama.programmes.mobility.queries.days import Wanted

QUARTERS = 96
MINUTES_A_DAY = 1440


class TapFilter(forms.Form):
    """Which taps of a day to show. Choices are those of the day; `as_wanted` is the answer."""

    operator = forms.ChoiceField(label=_("Operator"), required=False)
    route = forms.CharField(label=_("Route"), required=False, max_length=80)
    medium = forms.ChoiceField(label=_("Medium"), required=False)
    quarter = forms.ChoiceField(label=_("Quarter of an hour from"), required=False)
    token = forms.CharField(label=_("Token"), required=False, max_length=64)

    def __init__(
        self,
        data: Mapping[str, str],
        *,
        operators: Mapping[str, str],
        media: Mapping[str, str],
        cutover_s: int,
        may_ask_tokens: bool,
    ) -> None:
        super().__init__(data)
        clocks = {str(n): _clock(cutover_s // 60 + 15 * n) for n in range(QUARTERS)}
        for name, choices in (("operator", operators), ("medium", media), ("quarter", clocks)):
            self.fields[name].choices = [("", _("all")), *choices.items()]  # type: ignore[attr-defined]
        if not may_ask_tokens:
            del self.fields["token"]

    def as_wanted(self) -> Wanted:
        """What was asked for; what could not be understood asks for nothing."""
        self.full_clean()
        said = self.cleaned_data
        return Wanted(
            operator=said.get("operator", ""),
            route=said.get("route", ""),
            medium=said.get("medium", ""),
            quarter=int(said["quarter"]) if said.get("quarter") else None,
            token=said.get("token", ""),
        )


class Dismissal(forms.Form):
    """Why a held tap is not one to be kept."""

    note = forms.CharField(
        label=_("Why it is dismissed"),
        help_text=_("It stays in the record beside the tap."),
        max_length=300,
    )


def _clock(minutes: int) -> str:
    return f"{minutes // 60 % 24:02}:{minutes % 60:02}"
