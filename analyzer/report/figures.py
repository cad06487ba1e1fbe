"""The figures of a report, a function a figure."""

from analyzer.report.figure_dns import dns_figure
from analyzer.report.figure_drain import drain_figure
from analyzer.report.style import png

__all__ = ["dns_figure", "drain_figure", "png"]
