"""Migrations with a known future: logs, snapshots, and the truth that they lead to."""

from __future__ import annotations

from analyzer.simulation.accesslog import LogFile
from analyzer.simulation.files import write
from analyzer.simulation.run import Migrated, simulate
from analyzer.simulation.scenarios import SCENARIOS, SUITES
from analyzer.simulation.truth import TrueClient, Truth, read_truth

__all__ = ["SCENARIOS", "SUITES", "LogFile", "Migrated", "TrueClient", "Truth", "read_truth", "simulate", "write"]
