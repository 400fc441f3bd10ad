# One command each: setup, run, test, lint, bench, trials, lock, dist. Everything is installed in .venv, from the files in
# requirements/; nothing is needed but Python 3.11 or later with pip.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# The newest installed Python for which all packages are published.
PYTHON ?= $(shell for python in python3.14 python3.13 python3.12 python3.11 python3; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)
VENV ?= .venv
# The tests start hundreds of programs: each of them would compile all modules of RaaS anew.
unexport PYTHONDONTWRITEBYTECODE
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
PROTOS := $(shell find protos -name '*.proto')

# The commit with which buf breaking compares the contract: main, or HEAD if they are the same commit.
BREAKING_AGAINST ?= $(shell head=$$(git rev-parse --quiet --verify HEAD); \
	for ref in origin/main main; do base=$$(git rev-parse --quiet --verify "$$ref") || continue; \
	[ "$$base" = "$$head" ] || { echo "$$base"; exit; }; done; echo "$$head")

.PHONY: help setup run test lint bench trials certs fuzz lock dist bom

help:
	@echo 'make setup   install everything in $(VENV)'
	@echo 'make run     serve on 127.0.0.1:50051 for a first look, with a register of fictitious persons'
	@echo 'make test    run the tests'
	@echo 'make lint    check style, types, imports between packages and the contract'
	@echo 'make bench   run the benchmarks'
	@echo 'make trials  measure recall and precision of the search, also on public data'
	@echo 'make certs   make certificates for development in var/development'
	@echo 'make fuzz    send hostile requests and feed the parsers with hostile inputs, for minutes'
	@echo 'make lock    resolve the dependencies of pyproject.toml anew, into requirements/'
	@echo 'make dist    build wheel, sdist and bill of materials in dist/'

setup: $(INSTALLED)

# Only files whose hashes are in requirements/ are installed. Sdists are built without isolation, by the build requirements
# of the first file; otherwise pip would fetch others, without hashes.
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
LOCKED := $(PIP_INSTALL) --require-hashes --no-build-isolation
LOCKS := requirements/build.lock requirements/develop.lock

# The installation generates the stubs (hatch_build.py), so it runs again when a proto changes.
$(INSTALLED): pyproject.toml hatch_build.py $(LOCKS) $(PROTOS)
	@[ -n "$(PYTHON)" ] || { echo 'Python 3.11 or later is needed; name one: make setup PYTHON=...' >&2; exit 1; }
	@# Some distributions package ensurepip separately: without it, the pip of $(PYTHON) installs pip.
	[ -x $(BIN)/python ] && $(BIN)/python -m pip --version >/dev/null 2>&1 \
		|| $(PYTHON) -m venv --clear $(VENV) >/dev/null \
		|| { $(PYTHON) -m venv --clear --without-pip $(VENV) \
			&& $(PYTHON) -m pip --quiet --python $(BIN)/python install --require-hashes -r requirements/build.lock; }
	$(PIP_INSTALL) --require-hashes --only-binary :all: -r requirements/build.lock
	$(LOCKED) -r requirements/develop.lock
	$(PIP_INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

run: setup
	@RAAS_NISS_PROFILE=test RAAS_DEVELOPMENT_IDENTITY=1 RAAS_LOG_FORMAT=$${RAAS_LOG_FORMAT:-console} \
		exec $(BIN)/raas serve --demo

# The tests of a file share fixtures, so each file runs in one process, in the order of tests/conftest.py. Tests
# that kill or freeze processes need the machine for themselves, so they run afterwards, one at a time.
PYTEST := $(BIN)/python -m pytest
test: setup
	$(PYTEST) -m 'not faults' --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder \
		$(TESTS)
	$(PYTEST) -m faults $(TESTS)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict
	$(BIN)/lint-imports
	$(BIN)/buf lint
	$(BIN)/buf format --diff --exit-code
	@if [ -n "$(BREAKING_AGAINST)" ] && git cat-file -e '$(BREAKING_AGAINST):protos' 2>/dev/null; then \
		before=$$(mktemp -d); trap 'rm -rf "$$before"' EXIT; \
		git archive '$(BREAKING_AGAINST)' buf.yaml protos | tar -x -C "$$before"; \
		echo 'buf breaking --against $(BREAKING_AGAINST)'; \
		$(BIN)/buf breaking --against "$$before"; \
	else echo 'buf breaking: no earlier contract to compare with'; fi

bench: setup
	$(BIN)/python -m benchmarks

# The public data come with packages that nothing else needs.
trials: setup
	$(LOCKED) -r requirements/trials.lock
	$(BIN)/python -m benchmarks.search_quality
	$(BIN)/python -m benchmarks.name_spellings

certs: setup
	$(BIN)/raas certificates --dir var/development

# FUZZ_EXAMPLES requests to every RPC, then FUZZ_SECONDS for each parser, on inputs that the coverage of its code guides.
# atheris is published for Linux. An input that a parser neither accepts nor refuses is written to a file and named.
FUZZ_EXAMPLES := 500
FUZZ_SECONDS := 60
PARSERS := niss enterprise_number period note checkpoint record export proof key_history csv token claims certificate names
fuzz: setup
	RAAS_FUZZ_EXAMPLES=$(FUZZ_EXAMPLES) $(PYTEST) --timeout 3600 tests/fuzzing
	$(LOCKED) -r requirements/fuzz.lock
	for parser in $(PARSERS); do echo "== $$parser"; \
		$(BIN)/python -m tests.fuzzing.parsers "$$parser" -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1; done

# Every file holds the whole resolution of its extras, for every supported Python and platform. All hold the same versions.
# `make lock LOCK_ARGUMENTS=--upgrade` takes the newest versions; without it, those in the files stay where they fit.
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --custom-compile-command 'make lock' $(LOCK_ARGUMENTS)
BUILD_SYSTEM := $(VENV)/build-system.txt
DEVELOP_LOCK := --constraint requirements/develop.lock
lock: setup
	$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' \
		>$(BUILD_SYSTEM)
	$(LOCK) --extra server --extra dev --group build -o requirements/develop.lock pyproject.toml $(BUILD_SYSTEM)
	$(LOCK) $(DEVELOP_LOCK) --group build -o requirements/build.lock $(BUILD_SYSTEM)
	$(LOCK) $(DEVELOP_LOCK) --extra server --extra hsm --extra spreadsheets -o requirements/server.lock pyproject.toml
	$(LOCK) $(DEVELOP_LOCK) --extra trials -o requirements/trials.lock pyproject.toml
	$(LOCK) $(DEVELOP_LOCK) --extra fuzz -o requirements/fuzz.lock pyproject.toml

DIST := dist
dist: setup
	rm -rf $(DIST)
	$(BIN)/python -m build --no-isolation --outdir $(DIST) .
	$(MAKE) --no-print-directory bom

# The packages of a server with all extras, with the hashes of their files, in CycloneDX.
bom: setup
	@# The library misses the graph of dependencies: files of requirements hold none.
	$(BIN)/python -W ignore::UserWarning -m cyclonedx_py requirements requirements/server.lock \
		--pyproject pyproject.toml --mc-type application --output-reproducible --output-format JSON \
		--output-file "$(DIST)/raas-$$($(BIN)/python -c 'import importlib.metadata as m; print(m.version("raas"))').cdx.json"
