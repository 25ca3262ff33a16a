"""Charts: rows in, an accessible drawing out, and the same rows as a table behind it."""

from trama.web.charts.bars import bars
from trama.web.charts.categories import legend_of
from trama.web.charts.dots import dots
from trama.web.charts.drawing import Chart, chart_png, chart_svg, png_response, svg_response
from trama.web.charts.heat import heat
from trama.web.charts.nets import nets
from trama.web.charts.series import series
from trama.web.charts.timeline import timeline

__all__ = [
    "Chart",
    "bars",
    "chart_png",
    "chart_svg",
    "dots",
    "heat",
    "legend_of",
    "nets",
    "png_response",
    "series",
    "svg_response",
    "timeline",
]
