"""Large logs folded by compiled code: lines are taken apart as bytes, and only distinct values become text.

What this lane takes, it takes as the strict expression does; all other lines go on to the other lanes.
"""
