# `make run` starts Podium, `make test` checks it. Both do their own set-up in .venv; the second time they are quick.
SHELL := /bin/sh
.DEFAULT_GOAL := help
# Some images set it; every start would then compile all modules again.
unexport PYTHONDONTWRITEBYTECODE

# The first Python here that is new enough, looked for once; another one: make run PYTHON=/path/to/python
ifndef PYTHON
PYTHON := $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
endif
PY := .venv/bin/python
MANAGE := $(PY) manage.py
# The lock that .venv was made from; another lock makes it anew.
INSTALLED := .venv/.requirements.txt
# Processes that share the tests; more than cores gain little.
JOBS ?= 2
# Where `make backup` writes and `make restore` reads.
FILE ?= podium-backup.tar

.PHONY: help run test setup worker check fmt lock bench backup restore prerequisites venv

help: ## these lines
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1 - \2/p' Makefile

run: venv ## start Podium on this machine and print a sign-in link; Ctrl-C stops it
	@exec $(MANAGE) serve

test: venv ## all checks, then all tests
	@$(MAKE) --no-print-directory check
	@$(PY) -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder

setup: venv ## .venv, database, browser files and the sandbox's runner; starts nothing
	@$(MANAGE) prepare

worker: venv ## workers only, for a queue (REDIS_URL) and a database (DATABASE_URL) of another machine
	@exec $(MANAGE) serve --workers-only

check: venv ## style, types, import rules, templates, migrations
	@$(PY) -m ruff check --quiet .
	@$(PY) -m ruff format --check --quiet . || { echo 'Unformatted files: run make fmt.' >&2; exit 1; }
	@.venv/bin/djade --check --target-version 5.2 $$(git ls-files -co --exclude-standard 'templates/*.html') || \
		{ echo 'Unformatted templates: run make fmt.' >&2; exit 1; }
	@$(PY) -c 'import sys; from importlinter.cli import lint_imports_command as lint; sys.path.insert(0, ""); lint()' \
		> .venv/import-rules.txt 2>&1 || { cat .venv/import-rules.txt >&2; exit 1; }
	@$(PY) -m mypy --no-error-summary manage.py config judge comparisons benchmarks
	@$(MANAGE) check --fail-level WARNING > /dev/null
	@$(MANAGE) makemigrations --check --dry-run > /dev/null || \
		{ echo 'The models have changed: run manage.py makemigrations.' >&2; exit 1; }
	@echo 'Checks passed.'

fmt: venv ## format code and templates
	@$(PY) -m ruff check --quiet --fix-only .
	@$(PY) -m ruff format --quiet .
	@.venv/bin/djade --target-version 5.2 $$(git ls-files -co --exclude-standard 'templates/*.html') || true

lock: venv ## requirements.txt anew from requirements.in
	@$(PY) -m uv --version > /dev/null 2>&1 || $(PY) -m pip install --quiet uv
	@$(PY) -m uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 \
		requirements.in --output-file requirements.txt

bench: venv ## one JSON object a line: a figure, its floor on this machine, and their ratio
	@$(PY) -m benchmarks

backup: venv ## database, stored bytes and key into FILE (default podium-backup.tar); Podium may run
	@$(MANAGE) backup $(FILE)

restore: venv ## puts back what `make backup` wrote to FILE, into an empty PODIUM_HOME
	@$(MANAGE) restore $(FILE)

venv: prerequisites
	@cmp -s requirements.txt $(INSTALLED) && $(PY) -c '' 2> /dev/null || { \
		echo 'Installing what requirements.txt names into .venv. This is done once and takes a minute.' >&2; \
		$(PYTHON) -m venv --clear .venv && \
		$(PY) -m pip install -qq --disable-pip-version-check --no-input --require-hashes -r requirements.txt && \
		cp requirements.txt $(INSTALLED); }

# All that is missing is named at once.
prerequisites:
	@lacks=''; \
	if [ -z "$(PYTHON)" ] || ! "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; then \
		echo 'Missing: Python 3.11 or newer.' >&2; lacks="$$lacks python3 python3-venv"; \
	elif ! "$(PYTHON)" -c 'import venv, ensurepip' 2> /dev/null; then \
		echo 'Missing: venv and ensurepip of $(PYTHON).' >&2; lacks="$$lacks python3-venv"; \
	fi; \
	command -v cc > /dev/null || { echo 'Missing: a C compiler (cc).' >&2; lacks="$$lacks gcc libc6-dev"; }; \
	command -v c++ > /dev/null || { echo 'Missing: a C++ compiler (c++).' >&2; lacks="$$lacks g++"; }; \
	[ -z "$$lacks" ] || { echo "Install it, on Debian or Ubuntu by: sudo apt install$$lacks" >&2; exit 1; }
