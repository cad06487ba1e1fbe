"""Requests that were asked again because they were refused: they say how patient a client is, not what it sends.

In a brown-out, or while the new server is down, a program asks again every second. Each of these requests is counted as
seen and as a visit; but what a removal loses is what the client usually sends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analyzer.logs.sums import Sums

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyzer.logs.activity import Activity


def repeated_requests(activity: Activity) -> NDArray[np.float64]:
    """Return the requests of each client that were refused beyond what it usually sends in half an hour.

    Refused is what was answered 5xx. Usual is the mean of its half hours without a refusal; who has more of those with
    one is taken as it is: to that client refusals are nothing special.

    Returns
    -------
    numpy.ndarray
        float64, shape (clients,) [requests], by the clients' codes.
    """
    cells, size = activity.sums("cells"), len(activity.clients)
    columns = cells.columns
    some = (columns["failed"] > 0) & (columns["requests"] > 0)
    if not some.any():
        return np.zeros(size)
    refused, whole = cells.where(some), (columns["failed"] == 0) & (columns["requests"] > 0)
    client, mine = refused.columns["client"], refused.columns["requests"]
    answered = Sums({**columns, "whole": whole, "requests": columns["requests"] * whole})
    count = answered.by_client("whole", size)
    seldom = count > np.bincount(client, minlength=size)
    usual = np.where(seldom, np.ceil(answered.by_client("requests", size) / np.maximum(count, 1)), np.inf)
    beyond = np.maximum(np.minimum(refused.columns["failed"], mine) - usual[client], 0.0)
    return np.bincount(client, beyond, size).astype(np.float64)
