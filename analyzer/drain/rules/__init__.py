"""The rules that make the verdict: an id, what it asks, the numbers, the threshold.

A rule returns a `Reason` and never raises; "not enough evidence" is a result. `RULES` stands in the order in which a
reader should meet them; what a failed rule leads to stands beside it.
"""

from analyzer.drain.rules.case import Case, Rule
from analyzer.drain.rules.dns import dns_agrees
from analyzer.drain.rules.drained import (
    bound_within_budget,
    day_covered,
    known_clients_cleared,
    new_log_seen,
    recurrence_covered,
)
from analyzer.drain.rules.evidence import change_seen, lines_understood, log_speaks, no_gap, reaches_now

RULES: tuple[Rule, ...] = (
    Rule("change-seen", "Is the DNS change known, and past?", "unknown", change_seen),
    Rule("log-speaks", "Does the old server's log hold requests for the names that move?", "unknown", log_speaks),
    Rule("evidence-reaches-now", "Does the old server's log reach up to now?", "unknown", reaches_now),
    Rule("no-gap", "Is the log whole since the change?", "unknown", no_gap),
    Rule("lines-understood", "Could nearly all lines be read?", "unknown", lines_understood),
    Rule("known-clients-cleared", "Do the clients that are stuck fit into the budget?", "stuck", known_clients_cleared),
    Rule("bound-within-budget", "Is the upper bound of lost requests within the budget?", "wait", bound_within_budget),
    Rule("dns-agrees", "Do the DNS servers and caches answer with the new address?", "wait", dns_agrees),
    Rule("day-covered", "Has every hour of a normal day had its turn since?", "wait", day_covered),
    Rule("recurrence-covered", "Have those who come seldom had time to come?", "note", recurrence_covered),
    Rule("new-log-seen", "Does the new server's log show who has moved?", "note", new_log_seen),
)

__all__ = ["RULES", "Case", "Rule"]
