# The commands of this project. Needs Python 3.11 or newer, git and make; all else installs itself.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt

.PHONY: run test both check baileys chromium bench soak churn story fuzz docs proto clean

run: $(VENV)/.installed  ## a working server on the sandbox network, on port 8080
	$(BIN)/wigwag serve --sandbox

# Half of the time of a test is waiting: there is room for one more than there are processors.
WORKERS := $(shell $(PYTHON) -c 'import os; print(min(4, (os.cpu_count() or 1) + 1))')

test: $(VENV)/.installed-dev  ## every test; under 10 minutes
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

both: $(VENV)/.installed-dev  ## the acceptance tests of the server over the whatsmeow engine
	WIGWAG_TEST_ENGINE=whatsmeow $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile \
		tests/acceptance

check: $(VENV)/.installed-dev  ## style, types, the arrows of the house, generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/python tools/generate_proto.py --check
	$(BIN)/python tools/generate_settings.py --check
	$(BIN)/python tools/generate_faults.py --check
	$(BIN)/python tools/generate_metrics.py --check
	$(BIN)/python tools/generate_events.py --check
	$(BIN)/python tools/generate_client.py --check

BAILEYS := tests/peers/baileys
baileys:  ## installs real Baileys, where there is node; without it its tests are skipped
	@if ! command -v npm >/dev/null; then \
		echo "there is no npm here: the tests against real Baileys are skipped"; \
	elif ! test -d $(BAILEYS)/node_modules/baileys; then \
		npm ci --prefix $(BAILEYS) --omit-lockfile-registry-resolved --legacy-peer-deps \
			--ignore-scripts --no-audit --no-fund --fetch-retries 1 --fetch-timeout 30000 \
			|| rm -rf $(BAILEYS)/node_modules; \
	fi

chromium:  ## installs Chromium on Debian, for root; without it the test in a browser is skipped
	@if ! command -v chromium >/dev/null && command -v apt-get >/dev/null && test "$$(id -u)" = 0; then \
		(apt-get update -q && DEBIAN_FRONTEND=noninteractive \
			apt-get install -qy --no-install-recommends chromium) >/dev/null 2>&1 || true; \
	fi
	@command -v chromium >/dev/null || echo "there is no Chromium here: the test in a browser is skipped"

bench: $(VENV)/.installed-dev  ## every figure, each beside its yardstick
	$(BIN)/python bench/run.py

soak: $(VENV)/.installed-dev  ## the long tests
	$(BIN)/python -m pytest -m soak --timeout 3600

churn: $(VENV)/.installed-dev  ## an hour of a hundred accounts that come and go
	SOAK_MINUTES=60 $(BIN)/python -m pytest -s -m soak --timeout 7200 tests/fault/test_crowd.py -k hundred

SEED ?= 1
story: $(VENV)/.installed-dev  ## one long random story: make story SEED=7 [CHAPTER=12]
	STORY_SEED=$(SEED) STORY_CHAPTER=$(CHAPTER) $(BIN)/python -m pytest -m soak --timeout 3600 \
		tests/fault/test_random_network.py

FUZZ_SECONDS ?= 600
fuzz: $(VENV)/.installed-fuzz  ## hostile bytes at everything that reads some: make fuzz [FUZZ_SECONDS=60]
	$(BIN)/python -m pytest -q --hypothesis-profile=fuzz --timeout 3600 tests/fuzz
	PYTHONPATH=tests $(BIN)/python -m fuzz.run --seconds $(FUZZ_SECONDS)

docs: $(VENV)/.installed-dev  ## writes the generated pages, and the client
	$(BIN)/python tools/generate_settings.py
	$(BIN)/python tools/generate_faults.py
	$(BIN)/python tools/generate_metrics.py
	$(BIN)/python tools/generate_events.py
	$(BIN)/python tools/generate_client.py

proto: $(VENV)/.installed-dev  ## writes the generated protobuf modules
	$(BIN)/python tools/generate_proto.py

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("wigwag needs Python 3.11 or newer; set PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable '.[media,client]'
	@touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable '.[dev]'
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-fuzz: $(VENV)/.installed-dev
	$(PIP) --editable '.[dev,fuzz]'
	@touch $@

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis .fuzz
