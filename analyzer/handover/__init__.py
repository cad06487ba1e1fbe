"""What to do: the proxy's configuration, the checklist, the rehearsal, the canary, and what the move cost."""
