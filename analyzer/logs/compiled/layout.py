"""Where things lie that compiled code and Python share: all are offsets [bytes]."""

from __future__ import annotations

import numpy as np

# A record: what one line says. A length of -1 is null, or not in the format.
CLIENT_AT, CLIENT_LENGTH, AGENT_AT, AGENT_LENGTH, NAME_AT, NAME_LENGTH, ASKED_AT, ASKED_LENGTH = range(0, 64, 8)
TIME, FRACTION, STATUS = 64, 72, 80  # [s since 1970], [µs] after it, and the status or -1
KEY, GUESS, FITS = 88, 96, 104  # the client's hash, whose it seems to be, and whether the line fits
RECORD, GROUP = 112, 64  # so many lines are looked up together

# A table of byte strings by number: value k is the arena's bytes from offset k to offset k + 1.
SLOTS, MASK, COUNT, OFFSETS, ARENA, ROOM = range(0, 48, 8)  # ROOM: [bytes] of the arena
TABLE = 48

# What one thread has, and what all have together.
CLIENTS, AGENTS, PAIRS = 0, TABLE, 2 * TABLE
SEED, LATEST_PAIR, LATEST_ROW, WIDTH, MOMENTS, MOMENTS_COUNT = range(144, 192, 8)  # WIDTH: of a cell [s]
ROWS, ROWS_COUNT, ROWS_ROOM, MINUTES, MINUTES_COUNT, MINUTES_ROOM = range(192, 240, 8)
REFUSED, REFUSED_COUNT, REFUSED_ROOM, LEFT, LEFT_COUNT, WANTED, WANTED_AT, WANTED_COUNT = range(240, 304, 8)
FIRST, LAST, PAIR_KEY, DASH_TEXT = range(304, 336, 8)  # FIRST, LAST: extent of the times [µs since 1970]
TEXTS, TEXTS_END, TEXTS_ROOM = range(336, 360, 8)  # of refused requests [bytes]
MEMO = 360  # the last time read, to the minute: four words of its text, and what it is [s since 1970]
LATEST_MINUTES = MEMO + 40  # the latest rows of minutes, each where the last bits of its number say
MINUTES_KEPT = 16
PIECES = LATEST_MINUTES + 8 * MINUTES_KEPT  # what the steps of one line tell each other: eight words
PER_SECOND = PIECES + 64  # what a row counts its first and last request in: 1 a second, or 1,000,000
HEADS = PER_SECOND + 8  # the tables of `holes.heads` as one: a bit each,
SERVED_BIT, PROBE_BIT, BLIND_BIT, ROOT_BIT, TEXT_BIT = 1, 2, 4, 8, 16  # for the front page, and where text is needed
PATHS, PATHS_AT, PATHS_WHOLE, PATHS_COUNT = range(HEADS + 8, HEADS + 40, 8)  # of `holes.BLIND`: first the whole ones
TAKEN, FOUND, SCANNED, LEFT_ROOM = range(PATHS_COUNT + 8, PATHS_COUNT + 40, 8)  # of a text: lines, lines, and [bytes]
SCAN_BYTES = 1 << 13  # of a text that lines are looked for in, before those found are taken
SCRATCH = LEFT_ROOM + 8
STATE = SCRATCH + GROUP * RECORD

# A row of sums. Counts that are full go on in another row.
START, PAIR, PART, REQUESTS, FOREIGN, PROBES, FAILED, DENIED, BLIND = 0, 8, 12, 14, 16, 18, 20, 22, 24
FIRST_OF, LAST_OF = 28, 32
CELL_BYTES, FULL = 40, 65_535
CELL_FIELDS = (  # name, offset, and bytes, of which two have no sign
    ("pair", PAIR, 4), ("start", START, 8), ("part", PART, 2), ("requests", REQUESTS, 2), ("foreign", FOREIGN, 2),
    ("probes", PROBES, 2), ("denied", DENIED, 2), ("failed", FAILED, 2), ("blind", BLIND, 2), ("first", FIRST_OF, 4),
    ("last", LAST_OF, 4),
)  # fmt: skip
_TYPES = {8: np.int64, 4: np.int32, 2: np.uint16}
CELL = np.dtype(
    {
        "names": [name for name, _, _ in CELL_FIELDS],
        "formats": [_TYPES[size] for _, _, size in CELL_FIELDS],
        "offsets": [at for _, at, _ in CELL_FIELDS],
        "itemsize": CELL_BYTES,
    }
)
KEPT_PARTS = 16  # by the last bits of a client's number: so few rows that are kept are summed up at once
NO_FIRST = (1 << 31) - 1  # and a last one of 0: where no request is counted yet
MINUTE = np.dtype(
    [("start", np.int64), ("part", np.int32), ("requests", np.int32), ("failed", np.int32), ("", np.int32)]
)
MINUTE_PART, MINUTE_REQUESTS, MINUTE_FAILED, MINUTE_BYTES = 8, 12, 16, 24

# A request to be judged by its text, because it was refused or looks for holes: in which row it is counted, as what,
# whether only the text tells that it is blind, whether it has one (1; 2 if it was not refused, 3 if it was and is a
# request), and where that ends among the texts.
ASKED = np.dtype(
    [("row", np.int64), ("ours", np.int32), ("doubted", np.int32), ("logged", np.int64), ("end", np.int64)]
)
ASKED_BYTES = 32

DONE, NO_ROOM, NO_VALUE = 1, -1, -2  # what compiled code answers: NO_ROOM is made, and the same asked again
REFUSED_AT = -1  # where a step ends that does not fit; no address is below 0
