"""Everything that shows a verdict: figures, page, text, files.

Nothing here computes evidence, prints or reads the clock.
"""
