# Each target sets up what it needs by itself: a Python 3.11 or newer is enough. Try `make help`.

.PHONY: help demo test test-long check lock bench clean
.DEFAULT_GOAL := help
.NOTPARALLEL:

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
# The first Python that is new enough and can make virtual environments.
FIND_PYTHON = for python in python3.11 python3.12 python3.13 python3.14 python3 python; do \
	"$$python" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo "$$python" && break; \
	done
export PIP_DISABLE_PIP_VERSION_CHECK = 1
export PIP_NO_INPUT = 1
export PIP_ROOT_USER_ACTION = ignore

help:  ## what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

$(STAMP): requirements.lock pyproject.toml
	@python=$$($(FIND_PYTHON)); \
	if [ -z "$$python" ]; then echo "Python 3.11 or newer with the venv module is needed." >&2; exit 1; fi; \
	if [ ! -x $(BIN)/python ] || ! $(BIN)/python -c '' 2>/dev/null; then rm -rf $(VENV); echo "Making $(VENV) ..."; "$$python" -m venv $(VENV); fi
	@echo "Installing what requirements.lock names ..."
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

demo: $(STAMP)  ## start everything with synthetic data; PORT=8123 make demo chooses the port
	@exec $(BIN)/ccc demo $(if $(PORT),--port $(PORT)) $(if $(PEOPLE),--people $(PEOPLE))

test: $(STAMP)  ## the tests, in minutes
	$(BIN)/pytest -n auto -m "not long"

test-long: $(STAMP)  ## campaigns, fuzzing and kill runs, as long as they take
	$(BIN)/pytest -m long

check: $(STAMP)  ## everything that must hold: format, lint, types, imports, tests with coverage
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n auto -m "not long" --cov --cov-report=term

lock: $(STAMP)  ## resolve the newest allowed versions into requirements.lock
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-strip-extras \
		--no-emit-index-url --group dev pyproject.toml -o requirements.lock

bench: $(STAMP)  ## our server against the references, into bench/results.md; PEOPLE=2000 ACTIVITIES=20000 is small
	@exec $(BIN)/python -m bench $(if $(PEOPLE),--people $(PEOPLE)) $(if $(ACTIVITIES),--activities $(ACTIVITIES)) $(BENCH)

clean:  ## remove what was made: environment, demo data, caches
	@# As root the data may live elsewhere; only a folder of our own naming is ever removed.
	@place=$$(cat .demo/pg.location 2>/dev/null); case "$$place" in /var/tmp/ccc-*) rm -rf "$$place";; esac
	rm -rf $(VENV) .demo .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage .coverage.* htmlcov dist build *.egg-info bench/.node
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
