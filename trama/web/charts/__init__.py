"""Charts: rows in, an accessible drawing out, and the same rows as a table behind it."""

from trama.web.charts.drawing import Chart, chart_png, chart_svg, png_response, svg_response
from trama.web.charts.kinds import bars, dots, heat, legend_of, timeline

__all__ = [
    "Chart",
    "bars",
    "chart_png",
    "chart_svg",
    "dots",
    "heat",
    "legend_of",
    "png_response",
    "svg_response",
    "timeline",
]
