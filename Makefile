# make run serves the example manifests, make help lists the rest. Needs Python 3.11+ and make.

.DEFAULT_GOAL := help
.PHONY: help run test check fuzz soak e2e bench bench-scale bench-fairness bench-micro bench-check image-check clean
MAKEFLAGS += --no-print-directory

# The first Python that is new enough; another one: make run PYTHON=/path/to/python3
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

VENV := .venv
BIN := $(VENV)/bin
LISTEN ?= 127.0.0.1:1053
HTTP ?= 127.0.0.1:9153
SECONDS ?= 60
MINUTES ?= 60

# pip reads these itself: the second is for what builds our own wheel, which newer pips pin apart.
PIP := PIP_CONSTRAINT=constraints.txt PIP_BUILD_CONSTRAINT=constraints.txt \
	PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip --quiet

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

run: $(VENV)/.installed ## serve the examples on LISTEN (127.0.0.1:1053) and HTTP (127.0.0.1:9153)
	@exec $(BIN)/svcdns serve --manifests deploy/examples --zonefiles zonefiles \
		--listen $(LISTEN) --http $(HTTP)

test: $(VENV)/.installed-dev ## all tests; one file: make test TESTS=tests/dns/wire/test_names.py
	@$(BIN)/python -m pytest $(TESTS)

check: $(VENV)/.installed-dev ## ruff, mypy --strict, import-linter, and what makes code hard to enter
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/mypy
	@$(BIN)/python -m tests.house --check svcdns
	@report=$$($(BIN)/lint-imports) || { printf '%s\n' "$$report"; exit 1; }; \
		printf '%s\n' "$$report" | grep '^Contracts:'

fuzz: $(VENV)/.installed-dev ## random inputs for SECONDS (60), until something breaks
	@$(BIN)/python -m tests.fuzz --seconds $(SECONDS)

soak: $(VENV)/.installed-dev ## faults of all kinds under load for MINUTES (60): nothing lost, nothing wrong
	@$(BIN)/python -m tests.soak --minutes $(MINUTES)

e2e: $(VENV)/.installed-dev ## against a real kube-apiserver with etcd (KUBE_APISERVER, ETCD); skipped without
	@$(BIN)/python -m pytest -n 0 -rs tests/e2e

bench: $(VENV)/.installed-bench ## measure beside the peers, into benchmarks/RESULTS.md; what counts: FULL=1
	@$(BIN)/python -m benchmarks $(if $(FULL),--full) $(BENCH)

bench-scale: $(VENV)/.installed-bench ## measure over workers and cluster sizes; in a minute: QUICK=1
	@$(BIN)/python -m benchmarks.scale $(if $(QUICK),--quick) $(BENCH)

bench-fairness: $(VENV)/.installed-bench ## measure what one client's flood does to another; in a minute: QUICK=1
	@$(BIN)/python -m benchmarks.fairness $(if $(QUICK),--quick) $(BENCH)

bench-micro: $(VENV)/.installed-bench ## time the pure parts
	@$(BIN)/python -m benchmarks.micro $(BENCH)

bench-check: $(VENV)/.installed-dev ## fail where a pure part has become much slower
	@$(BIN)/python -m benchmarks.regression --prove

image-check: $(VENV)/.installed ## build and start the Dockerfile's image without Docker, as root
	@$(BIN)/python -m tests.deploy.image

clean: ## remove .venv and what builds and tools left
	@rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find svcdns tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.installed: pyproject.toml constraints.txt
	$(call install,.)

$(VENV)/.installed-dev: pyproject.toml constraints.txt
	$(call install,.[dev])
	@touch $(VENV)/.installed $(VENV)/.installed-bench

$(VENV)/.installed-bench: pyproject.toml constraints.txt
	$(call install,.[bench])
	@touch $(VENV)/.installed

define install
@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	{ echo "svcdns needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python3" >&2; exit 1; }
@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || \
	{ echo "$(PYTHON) lacks venv; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
@echo "Installing $(1) into $(VENV): about half a minute, once."
@test -x $(BIN)/pip || "$(PYTHON)" -m venv --clear $(VENV)
@$(PIP) install --editable '$(1)'
@touch $@
endef
