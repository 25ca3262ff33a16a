"""The taps of a day as a chart, stacked by who carried them or by how they were paid."""

from collections import Counter
from datetime import date

from django.utils.translation import gettext as _

from trama.foundations.registry.models import City
from trama.programmes.mobility.queries.days import profile
from trama.programmes.mobility.views.names import medium_names, organisation_names
from trama.web.charts import Chart, timeline

STACKED = 6


def taps_chart(city: City, day: date, by: str) -> Chart:
    """The day's taps by the quarter of an hour. `by` is `operator` or `medium`.

    The most frequent categories have a colour each, from the seventh on they share one.
    """
    names = medium_names(city, day) if by == "medium" else organisation_names(city)
    counted = profile(city, day).select(["quarter", by, "taps"]).to_pylist()
    sizes: Counter[str | None] = Counter()
    for row in counted:
        sizes[row[by]] += row["taps"]
    shown = [code for code, _taps in sizes.most_common(STACKED)]
    others = _("All others")
    summed: Counter[tuple[int, str]] = Counter()
    for row in counted:
        code = row[by]
        label = names.get(code, code) or _("Nobody assigned")
        summed[row["quarter"], label if code in shown else others] += row["taps"]
    order = [names.get(code or "", code) or _("Nobody assigned") for code in shown] + [others]
    rows = [
        {"quarter": quarter, "category": label, "count": taps}
        for (quarter, label), taps in sorted(
            summed.items(), key=lambda item: (order.index(item[0][1]), item[0][0])
        )
    ]
    return timeline(
        _("Taps by the quarter of an hour"),
        rows,
        first_hour=city.cutover_s // 3600,
        description=_("{taps} taps. Times are the wall clock of {city}.").format(
            taps=f"{sizes.total():,}", city=city.name
        ),
    )
