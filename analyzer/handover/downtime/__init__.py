"""What the change cost: requests that failed, the longest silence against normal, and the price of the proxy."""

from analyzer.handover.downtime.measure import downtime
from analyzer.handover.downtime.model import Downtime, FailedMinute, Failures, Latency, Price, Silence, Silences, Window
from analyzer.handover.downtime.reading import read_window, window_around

__all__ = [
    "Downtime",
    "FailedMinute",
    "Failures",
    "Latency",
    "Price",
    "Silence",
    "Silences",
    "Window",
    "downtime",
    "read_window",
    "window_around",
]
