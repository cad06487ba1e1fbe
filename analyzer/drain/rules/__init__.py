"""The rules that make the verdict: an id, what it asks, the numbers, the threshold.

A rule returns a `Reason` and never raises; "not enough evidence" is a result. `RULES` stands in the order in which a
reader should meet them; what a failed rule leads to stands beside it.
"""

from analyzer.drain.gaps import INTERIOR_CHANCE, MOST_STOPPED, MOST_TRAILING_S, ORDINARY, TRAILING_CHANCE
from analyzer.drain.rules.case import Case, Rule
from analyzer.drain.rules.dns import LIAR_S, UNSEEN_S, dns_agrees
from analyzer.drain.rules.drained import (
    LEAST_DAYS,
    RESTS_S,
    bound_within_budget,
    day_covered,
    known_clients_cleared,
    new_log_seen,
    recurrence_covered,
    regulars_accounted,
)
from analyzer.drain.rules.evidence import (
    FEW_LINES,
    HEALED_MOST_S,
    HEALED_S,
    HEALED_TIMES,
    MOST_QUARANTINED,
    PROBABLY_ALIVE,
    change_seen,
    heard_lately,
    lines_understood,
    log_speaks,
    no_gap,
    reaches_now,
)
from analyzer.drain.rules.named import both_servers, demand_usual, others_apart, turned_once
from analyzer.units import DAY_S, spoken_duration, spoken_share

__all__ = ["RULES", "Case", "Rule"]

_TRAILING = f"a chance of {MOST_STOPPED:g} at most that it has stopped; without a change, a silence of chance "
_TRAILING += f"{TRAILING_CHANCE:g} or more, and of {spoken_duration(MOST_TRAILING_S)} at most"
_GAP = f"no silence of chance under {INTERIOR_CHANCE:g} since; or it is over for {spoken_duration(HEALED_S)}"
_GAP += f" and {HEALED_TIMES:g} times its length, or for {spoken_duration(HEALED_MOST_S)}"
_SEEN = f"no old answer can be alive; {spoken_duration(LIAR_S)} after twice the TTL it is named and not waited for"
_SEEN += f"; without answers: {spoken_duration(UNSEEN_S)}, and two TTLs or one and {spoken_duration(UNSEEN_S)}"

RULES: tuple[Rule, ...] = (
    Rule(
        "change-seen",
        "Is the DNS change known, and past?",
        "unknown",
        "a change not later than now",
        "changed_at in cutover.toml, or the DNS snapshots",
        change_seen,
    ),
    Rule(
        "log-speaks",
        "Does the old server's log hold requests for the names that move?",
        "unknown",
        "1 request or more",
        "the old server's log; the host, where the format logs it",
        log_speaks,
    ),
    Rule(
        "evidence-reaches-now",
        "Does the old server's log reach up to now?",
        "unknown",
        _TRAILING,
        "the rate of busy ten minutes, in normal demand; clients' rhythms and how they leave; what the new log shows",
        reaches_now,
    ),
    Rule(
        "no-gap",
        "Is the log whole since the change?",
        "unknown",
        _GAP,
        "the same, on both sides of the silence; a beat that is kept in each half hour of a day",
        no_gap,
    ),
    Rule(
        "lines-understood",
        "Could nearly all lines be read?",
        "unknown",
        f"at most {spoken_share(MOST_QUARANTINED)} of the lines, or {FEW_LINES} lines, could not",
        "cutover logs quarantine lists them; directives of the log, as #Fields of IIS, do not count",
        lines_understood,
    ),
    Rule(
        "known-clients-cleared",
        "Do the clients that are stuck fit into the budget?",
        "stuck",
        "max_lost_requests, expected of the stuck within the horizon",
        "their visits after every honest cache expired, and none to the new server",
        known_clients_cleared,
    ),
    Rule(
        "bound-within-budget",
        "Is the upper bound of lost requests within the budget?",
        "wait",
        "max_lost_requests, at confidence",
        "the model: docs/model.md",
        bound_within_budget,
    ),
    Rule(
        "dns-agrees",
        "Do the DNS servers and caches answer with the new address?",
        "wait",
        _SEEN,
        "the DNS snapshots; RFC 1035 section 3.2.1, RFC 8767 section 4",
        dns_agrees,
    ),
    Rule(
        "day-covered",
        "Has every hour of a normal day had its turn since, twice?",
        "wait",
        f"{spoken_duration(LEAST_DAYS * DAY_S)} of normal demand since the last honest cache expired",
        "hour-of-week demand before the change",
        day_covered,
    ),
    Rule(
        "heard-lately",
        "Is the silence at the end of the old server's log an ordinary one?",
        "wait",
        f"a living log is silent for so long with a chance of {ORDINARY:g} or more; or, when all may have left, it has "
        f"stopped with {PROBABLY_ALIVE:g} at most, and more silence would not tell",
        "as evidence-reaches-now: what nobody wrote proves nothing until the next line shows that somebody would have",
        heard_lately,
    ),
    Rule(
        "regulars-accounted",
        "Where are the programs that kept a rhythm, and the places that people came from?",
        "wait",
        f"silent at both servers for {spoken_duration(RESTS_S)} since the change, or within max_lost_requests",
        "their rhythms in the old log; the new server's log",
        regulars_accounted,
    ),
    Rule(
        "recurrence-covered",
        "Have those who come seldom had time to come?",
        "note",
        "no program known from before the change is still due",
        "rhythms in the log before the change",
        recurrence_covered,
    ),
    Rule(
        "new-log-seen",
        "Does the new server's log show who has moved?",
        "note",
        "[logs.new] is given",
        "a direct visit clears a client, silence only in time",
        new_log_seen,
    ),
    Rule(
        "turned-once",
        "Was the DNS turned once, and for all record types together?",
        "note",
        "no way back, no late AAAA, no second change; from the last turn on clients leave",
        "what the zone's own servers answered, in the DNS snapshots",
        turned_once,
    ),
    Rule(
        "demand-usual",
        "Did as many people come as usual?",
        "note",
        "no hours of three times what is normal, no days of less than two thirds",
        "people at both servers, against the log before the change",
        demand_usual,
    ),
    Rule(
        "others-apart",
        "Who still comes and does not count?",
        "note",
        "crawlers, monitors, scanners and accepted clients lose what the policy does not count",
        "kinds by agent and behaviour; counts and accepted in the policy",
        others_apart,
    ),
    Rule(
        "both-servers",
        "Who comes to both servers in turn?",
        "note",
        "one direct visit does not clear a client that came back after one",
        "visits to either server since every cache has expired",
        both_servers,
    ),
)
