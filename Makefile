# make demo   the main job on sample_logs/, leaves a report in demo/
# make test   installs what tests need, then checks style, types and behaviour
# make docs   writes docs/api.md, and the same as HTML
# make clean  takes away what these made

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
SHELL  := /bin/bash
STAMP  := $(VENV)/.installed
TSTAMP := $(VENV)/.installed-test
# Debian packages that tests of real programs need; installed when run as root.
DEBIAN := apache2-bin bind9 bind9-dnsutils caddy chromium dnsmasq-base haproxy knot-dnsutils knot-resolver logrotate nginx-light openssl pdns-recursor systemd unbound

.PHONY: demo test lint types docs debian clean

demo: $(STAMP)
	@$(BIN)/cutover report --config sample_logs/cutover.toml --at 2026-03-12T22:00:00Z --out demo || test $$? -ge 10
	@echo "open demo/report.html"

test: $(TSTAMP) debian lint types
	$(BIN)/pytest

lint: $(TSTAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(TSTAMP)
	$(BIN)/mypy

docs: $(TSTAMP)
	$(BIN)/python docs/make_api.py build/docs
	@echo "open build/docs/analyzer.html"

debian:
	@missing=""; for package in $(DEBIAN); do \
	  dpkg-query -W -f='$${Status}' $$package 2>/dev/null | grep -q "ok installed" || missing="$$missing $$package"; done; \
	if [ -z "$$missing" ]; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	else echo "tests of real programs need:$$missing"; fi

$(VENV)/bin/pip:
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "cutover needs Python 3.11 or later"'
	$(PYTHON) -m venv $(VENV)

$(STAMP): pyproject.toml | $(VENV)/bin/pip
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(TSTAMP): pyproject.toml | $(VENV)/bin/pip
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@ $(STAMP)

clean:
	rm -rf $(VENV) demo .mypy_cache .ruff_cache .pytest_cache .hypothesis
