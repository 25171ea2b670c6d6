# Each target creates what it needs. Start with `make demo`.

PYTHON ?= python3
VENV := .venv
# Three to a core of the smallest machine: half of the tests' time is waiting for other processes.
TEST_WORKERS ?= 6
# Each of these tests starts programs of its own, Chromium or Podman often among them.
SYSTEM_WORKERS ?= 2
FUZZ_CASES ?= 200000
FUZZ_SEED ?= 8
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
COMPILE = $(BIN)/uv pip compile --no-config --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make requirements" pyproject.toml

# Whatever the environment says, bytecode is kept: the tests start Python some hundred times.
unexport PYTHONDONTWRITEBYTECODE

# The emulator's tests know nothing of Powertrip, its environment included.
export SLACK_EMULATOR_SAMPLES ?= $(POWERTRIP_CORPORA)/slack
export SLACK_EMULATOR_REQUIRE_BROWSER ?= $(POWERTRIP_REQUIRE_SYSTEM)

.DEFAULT_GOAL := help
.PHONY: help demo test lint types check audit bytecode fuzz system format pictures docs requirements upgrade measure bench bench-smoke clean

help:
	@echo "make demo          try Powertrip on this machine, with a Slack of its own"
	@echo "make test          run the tests"
	@echo "make check         run every check: lint, types, tests"
	@echo "make audit         ask whether a pinned dependency has a known vulnerability"
	@echo "make fuzz          change what stands around a login 200,000 times, and look for silence"
	@echo "make system        run the tests with sshd, syslog-ng, rsyslog and Chromium (as root, on Debian)"
	@echo "make format        put the code in the project's form"
	@echo "make pictures      take the pictures of README and docs anew (needs what make system needs)"
	@echo "make docs          write docs/configuration.md and docs/packs.md from the code"
	@echo "make requirements  write the pinned requirements from pyproject.toml, keeping the pins that fit"
	@echo "make upgrade       the same with the newest versions"
	@echo "make measure       measure the code, the ways through it, and one batch of judging"
	@echo "make bench         measure how fast Powertrip is beside bare programs and peers, within 15 minutes"
	@echo "make bench-smoke   see that every benchmark works; its figures mean nothing"
	@echo "make clean         remove .venv and all caches"

demo: $(VENV)/.installed
	$(BIN)/python bot.py demo

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n $(TEST_WORKERS) --dist load --maxschedchunk 8 -m "not system"

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev
	$(BIN)/mypy --strict

check: lint types test

audit: $(VENV)/.installed-dev
	$(BIN)/python tools/audit_dependencies.py

# The workers of the tests start at once, and each compiles what none has before.
bytecode: $(VENV)/.installed-dev
	@$(BIN)/python -m pytest --collect-only --quiet > /dev/null || true

fuzz: $(VENV)/.installed-dev
	$(BIN)/python -m tests.shapes.fuzz $(FUZZ_CASES) $(FUZZ_SEED)

system: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n $(SYSTEM_WORKERS) --dist load --maxschedchunk 1 -m system

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

pictures: $(VENV)/.installed-dev
	POWERTRIP_SCREENSHOTS=build/pictures $(BIN)/python -m pytest -m system \
		-k "bad_repute or makes_a_passkey or proven_in_a_window or fits_the_screen"
	mkdir -p docs/images
	cp build/pictures/demo-bob-is-asked.png docs/images/card.png
	cp build/pictures/sudo-phone-asked.png docs/images/card-sudo.png
	cp build/pictures/cloudtrail-phone-red.png docs/images/card-aws.png
	cp build/pictures/proof-phone-passkey-question.png docs/images/proof-page.png
	cp build/pictures/report-phone-month.png docs/images/report-card.png
	cp build/pictures/home-phone-reviewer.png docs/images/home.png
	cp build/pictures/containment-phone-offered.png docs/images/containment.png
	cp build/pictures/proof-phone-window.png docs/images/proof.png

docs: $(VENV)/.installed
	$(BIN)/python bot.py docs configuration > docs/configuration.md
	$(BIN)/python bot.py docs packs > docs/packs.md

requirements: $(VENV)/.installed-dev
	$(COMPILE) $(UPGRADE) --output-file requirements.txt
	$(COMPILE) $(UPGRADE) --group dev --constraint requirements.txt --output-file requirements-dev.txt

upgrade:
	$(MAKE) requirements UPGRADE=--upgrade

measure: $(VENV)/.installed-dev
	PYTHONPATH=. $(BIN)/python tools/measure_code.py
	PYTHONPATH=. $(BIN)/python tools/trace_paths.py
	PYTHONPATH=. $(BIN)/python tools/measure_batch.py
	PYTHONPATH=. $(BIN)/python tools/measure_costs.py

bench: $(VENV)/.installed-dev
	mkdir -p build
	$(BIN)/python -m benchmarks --json build/bench.json $(BENCH)
	$(BIN)/python -m benchmarks.report build/bench.json

bench-smoke: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks --smoke

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The interpreter is an order-only prerequisite: it is a link to a file that is older or newer at will.
$(VENV)/.installed: requirements.txt | $(BIN)/python
	$(PIP) install --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt | $(BIN)/python
	$(PIP) install --require-hashes -r requirements-dev.txt
	@touch $(VENV)/.installed $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Powertrip needs Python 3.11 or newer, and $(PYTHON) is: $$($(PYTHON) --version 2>&1)." >&2; \
		echo "Name another one, for example: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "$(PYTHON) could not make a virtual environment; on Debian: apt-get install python3-venv" >&2; exit 1; }
