"""The loop that looks again and again: ask, read what is new, judge, keep, write, and tell on change."""
