# `make demo` and `make test` are the two commands a newcomer needs: each creates .venv and installs what it
# needs there, once (again after a change of pyproject.toml or constraints.txt).
#
#   make demo PYTHON=python3.12        another interpreter
#   make demo TORCH_INDEX=<address>    take torch from this wheel index, such as PyTorch's CPU index
#   make demo OUT=runs/second          another folder for the results

PYTHON ?= python3
OUT ?= runs/demo
TORCH_INDEX ?=
PART ?=

VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.installed-runtime
DEVELOPMENT := $(VENV)/.installed-development
MUTATION := $(VENV)/.installed-mutation
NIGHTLY := $(VENV)/.installed-nightly
# Bounded waiting: an index that cannot be reached is an error within minutes, never a hang.
PIP := $(BIN)/python -m pip install --disable-pip-version-check --timeout 30 --retries 2 -c constraints.txt

.DEFAULT_GOAL := help
.PHONY: help demo test nightly coverage mutation lint types bench clean install

help:
	@echo "make demo     train, benchmark and write a report to $(OUT)"
	@echo "make test     run the tests            make nightly  run those that take long"
	@echo "make mutation change the code and see whether the tests notice (PART=statistics, metrics or kernel)"
	@echo "make lint     check format and style      make types    check types"
	@echo "make bench    measure speed               make clean    remove build products and caches"
	@echo "make coverage measure which lines and branches the tests run; takes longer than test"
	@echo "make install  create .venv with everything, development tools included"

demo: $(RUNTIME)
	$(BIN)/pmrl demo --out "$(OUT)"
	@echo "The report is $(OUT)/report.html: open it in a browser."

# A process for each core; a file's tests stay together, as they share what is dear to make. The longest file
# takes a quarter of the time of all, so that more than four processes (of 1 GB each) would gain nothing.
test: $(DEVELOPMENT)
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile

# Two hours on two cores: each fuzzed reader is one test.
nightly: $(NIGHTLY)
	$(BIN)/python -m pytest -m nightly -n auto --maxprocesses 4

# Twice: compiled kernels cannot be looked into, so tests of them run once more as plain Python. Kernels are
# compiled into a folder of their own, so that what has numba generate code is run and counts. Hypothesis' profile
# of this name has no deadlines, as everything is slower, and always tries the same.
COVERAGE := build/coverage
MEASURED := $(BIN)/python -m coverage run -m pytest -p no:cacheprovider --hypothesis-profile=ci
KERNEL_TESTS := $(addsuffix .py, $(addprefix tests/test_, compartments daily elementary engine interpreted kernel_days \
	kernel_steps lanes outcomes reward small_courses small_worlds stepping))

coverage: $(DEVELOPMENT)
	rm -rf $(COVERAGE)
	XDG_CACHE_HOME="$(CURDIR)/$(COVERAGE)/cache" $(MEASURED)
	NUMBA_DISABLE_JIT=1 $(MEASURED) $(KERNEL_TESTS)
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report
	$(BIN)/python -m coverage json --quiet -o $(COVERAGE)/report.json
	$(BIN)/python tests/coverage_of_rooms.py $(COVERAGE)/report.json 90

# On a copy under build/. The kernel takes half an hour, as most of its mutants are tried with kernels as plain Python,
# and the rest takes hours. PART: a part or module of mutants/parts.toml, all of them where none is named.
mutation: $(MUTATION)
	$(BIN)/python mutants/run.py $(PART)

lint: $(DEVELOPMENT)
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m ruff check .

types: $(DEVELOPMENT)
	$(BIN)/python -m mypy

bench: $(DEVELOPMENT)
	$(BIN)/python -m pytest benchmarks --benchmark-only --benchmark-quiet -p no:randomly

# .venv and runs/ stay: the one is slow to build, the other holds results.
clean:
	rm -rf build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .benchmarks
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

install: $(DEVELOPMENT)

$(VENV)/.created:
	@command -v "$(PYTHON)" >/dev/null || { \
	  echo "pmrl needs Python 3.11 or later, and there is no '$(PYTHON)' here. Install it, or name one: make PYTHON=python3.12" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "pmrl needs Python 3.11 or later; '$(PYTHON)' is $$("$(PYTHON)" --version 2>&1). Name a newer one: make PYTHON=python3.12" >&2; exit 1; }
	@"$(PYTHON)" -m venv $(VENV) || { \
	  echo "'$(PYTHON) -m venv' failed; on Debian and Ubuntu it is in the package python3-venv" >&2; exit 1; }
	@touch $@

# torch comes first and alone from TORCH_INDEX: asking that index for every other package too would be slow,
# and would wait once per package where it cannot be reached.
$(RUNTIME): $(VENV)/.created pyproject.toml constraints.txt
ifneq ($(strip $(TORCH_INDEX)),)
	@$(PIP) --no-deps --index-url "$(TORCH_INDEX)" torch || { \
	  echo "torch could not be installed from TORCH_INDEX=$(TORCH_INDEX): check the address and the network, or leave it out" >&2; exit 1; }
endif
	$(PIP) -e .
	@touch $@

$(DEVELOPMENT): $(RUNTIME)
	$(PIP) -e '.[dev]'
	@touch $@

$(NIGHTLY): $(DEVELOPMENT)
	$(PIP) -e '.[nightly]'
	@touch $@

$(MUTATION): $(DEVELOPMENT)
	$(PIP) -e '.[mutation]'
	@touch $@
