"""One migration: what moves from where to where, and what is asked of it. `cutover.toml`, read and checked."""

from analyzer.migration.file import load
from analyzer.migration.model import DnsSettings, LogSet, MailSettings, Migration, Network, Policy
from analyzer.migration.template import template

__all__ = ["DnsSettings", "LogSet", "MailSettings", "Migration", "Network", "Policy", "load", "template"]
