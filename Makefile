# The two commands that matter: `make run` and `make test`. `make help` lists the rest.

VENV    := .venv
PYTHON  ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	command -v $$name >/dev/null && $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo $$name; break; }; done)
PIP     := $(VENV)/bin/python -m pip --quiet --quiet --disable-pip-version-check --no-input install
BASE    := $(VENV)/.installed
TOOLS   := $(VENV)/.installed-dev

.DEFAULT_GOAL := help
.PHONY: help run test check bench chaos
.DELETE_ON_ERROR:

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(BASE) ## Start everything: the demo hotel with a simulated WhatsApp (or your WAHA, if WAHA_HOST is set)
	@exec env CONCIERGE_ENV=development $(VENV)/bin/flask serve

test: $(TOOLS) ## Run every test, on SQLite and PostgreSQL, with a real Chromium
	@$(VENV)/bin/python -m tests.machine
	@$(VENV)/bin/python -m pytest $(ARGS)

check: $(TOOLS) ## Look at the code without running it: format, lint, types
	@$(VENV)/bin/ruff format --check --output-format concise . || { echo "Some files are not formatted: $(VENV)/bin/ruff format ."; exit 1; }
	@$(VENV)/bin/ruff check --quiet --output-format concise .
	@$(VENV)/bin/mypy

bench: $(TOOLS) ## Measure the speed against a baseline of the same minute (ARGS=quick: under 3 minutes)
	@$(VENV)/bin/python -m bench $(ARGS)

chaos: $(TOOLS) ## Ten long storms on each database: processes killed, answers lost, webhooks mixed (about 20 minutes)
	@$(VENV)/bin/python -m tests.machine
	@CHAOS_SEEDS=1,2,3,4,5,6,7,8,9,10 CHAOS_MESSAGES=250 $(VENV)/bin/python -m pytest -s tests/chaos $(ARGS)

screenshots: $(TOOLS) ## Take the pictures in docs/screenshots anew, from the demo hotel
	@$(VENV)/bin/python -m tests.browser.screenshots

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Concierge needs Python 3.11 or newer; this machine has $$(python3 --version 2>&1 || echo none)." >&2; exit 1; }
	@# Debian and Ubuntu keep venv in a package of its own.
	@if ! $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null; then \
		package=$$($(PYTHON) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'); \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "Installing $$package …"; \
			apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y $$package >/dev/null; \
		else \
			echo "Python's venv is missing. Install it, then try again (Debian, Ubuntu: sudo apt-get install $$package)." >&2; exit 1; \
		fi; \
	fi
	@echo "Making $(VENV) with $$($(PYTHON) --version) …"
	@$(PYTHON) -m venv $(VENV)

$(BASE): requirements.txt | $(VENV)/bin/python
	@echo "Installing requirements.txt …"
	@$(PIP) -r requirements.txt
	@touch $@

$(TOOLS): requirements.txt requirements-dev.txt | $(VENV)/bin/python
	@echo "Installing requirements-dev.txt …"
	@$(PIP) -r requirements-dev.txt
	@touch $(BASE) $@
