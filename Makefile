# Two commands do everything on a fresh machine with Python 3.11+ and make: `make demo` and `make test`.

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV ?= .venv
BIN = $(VENV)/bin
BUILD_INPUTS = pyproject.toml $(wildcard tracker_js/*.* tracker_js/*/*.js)

.PHONY: demo test suite check style types bench soak impact-proof pictures wheel lock clean

demo: $(VENV)/.installed  ## the real product with a demo shop and simulated visitors
	$(BIN)/desireline demo $(ARGS)

# What is compiled is kept: tests start hundreds of processes. (An empty value is what Python takes for none.)
test suite soak: export PYTHONDONTWRITEBYTECODE =
# Types are checked beside the tests; those that measure time come last, alone. A process that dies is not replaced:
# where the others are nearly done, pytest-xdist would hand out what was left to nobody, and wait for it for ever.
test: $(VENV)/.tested style  ## everything: lint, types, all tests (browser and Postgres included)
	$(MAKE) --no-print-directory --jobs=2 types suite
	$(BIN)/python -m pytest -m alone $(ARGS) || [ $$? -eq 5 ]

suite: $(VENV)/.tested
	$(BIN)/python -m tests.support.prepare
	@$(BIN)/python -m pytest --collect-only > $(VENV)/.collected || true  # compiled once here, not by each process at once
	$(BIN)/python -m pytest -n 4 --dist loadfile --max-worker-restart=0 -m 'not alone' $(ARGS) || [ $$? -eq 5 ]

check: style types

style: $(VENV)/.tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.tested
	$(BIN)/mypy

bench: $(VENV)/.benched  ## the benchmarks, beside ClickHouse in the same run
	$(BIN)/python -m benchmarks $(ARGS)

soak: $(VENV)/.tested  ## the fuzz at length, a steady load with pages being read, then kills; ARGS='--minutes 60 --kills 40 --outage 60' for the long form
	$(BIN)/python -m tests.support.prepare
	DESIRELINE_FUZZ=300 $(BIN)/python -m pytest tests/web/test_fuzz_api.py
	$(BIN)/python -m tests.faults.soak $(ARGS)

impact-proof: $(VENV)/.tested  ## impact in worlds whose truth is known, 200 runs each; ARGS='--runs 1000 --world none --json rows.json'
	$(BIN)/python -m tests.impact.proof $(ARGS)

pictures: $(VENV)/.tested  ## docs/pictures, anew from a fresh demo; look at them before you commit them
	$(BIN)/python -m tests.support.prepare
	$(BIN)/python -m tests.browser.pictures docs/pictures $(ARGS)

wheel: $(VENV)/.tested  ## dist/desireline-*.whl
	$(BIN)/python -m build --wheel

lock: $(VENV)/bin/python  ## requirements.lock: what a server runs on, every package pinned with the hashes of its files
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9'
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-annotate --upgrade \
		--no-config --no-emit-index-url --custom-compile-command 'make lock' --quiet --output-file requirements.lock

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed (python3 on PATH)."; exit 1; }
	$(PYTHON) -m venv $(VENV) || { echo "python3 -m venv failed; on Debian and Ubuntu: apt-get install python3-venv"; rm -rf $(VENV); exit 1; }

$(VENV)/.installed: $(VENV)/bin/python $(BUILD_INPUTS)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

# Not compiled: the tests import a small part of what comes along, and what they do import is compiled then.
$(VENV)/.tested: $(VENV)/bin/python $(BUILD_INPUTS)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --editable '.[test]'
	@touch $@ $(VENV)/.installed

$(VENV)/.benched: $(VENV)/bin/python $(BUILD_INPUTS)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	@touch $@ $(VENV)/.installed

clean:
	rm -rf $(VENV) dist build collector/static/dist tracker_js/node_modules tests/clients/node_modules .mypy_cache .ruff_cache .pytest_cache
