"""Measures when the old server of a moved web application can go."""
