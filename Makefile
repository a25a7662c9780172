# The commands of the house; `make` alone lists them. CI calls these and nothing else.
# Kept within GNU make 3.81, which is what macOS ships.

VENV := .venv
BIN := $(VENV)/bin
ARGS :=

.DEFAULT_GOAL := help

.PHONY: help demo test check bench bench-lint bench-overload docs test-all fragment clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/.has-demo ## flood a shop in two ways, bare and under snowshed; 80 s; writes demo-report.html
	@$(BIN)/snowshed demo $(ARGS)

test: check ## everything that must hold: check, then the whole suite (ARGS="-k scope" narrows it)
	$(BIN)/python -m pytest $(ARGS)

check: $(VENV)/.has-dev ## lint, format, types, layers, and our own lint
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/snowshed lint

bench: $(VENV)/.has-dev ## measure against the goals and the rivals; writes benchmarks/results/
	$(BIN)/python -m benchmarks $(ARGS)

bench-overload: $(VENV)/.has-dev ## flood a service under each controller; half an hour; writes results and page
	$(BIN)/python -m benchmarks.overload $(ARGS)
	$(BIN)/python -m benchmarks.overload --virtual

bench-lint: $(VENV)/.has-dev ## what lint finds and what it takes, against its goals; downloads 31 packages; writes results and page
	$(BIN)/python -m benchmarks.lint --write $(ARGS)

docs: $(VENV)/.has-dev ## build the documentation; a warning is an error
	$(BIN)/python -m sphinx -n -T -W --keep-going -b html docs docs/_build/html

test-all: test ## the suite also on every other supported Python that this machine has
	$(BIN)/python scripts/test_others.py $(ARGS)

fragment: $(VENV)/.has-dev ## add a changelog line: make fragment NAME=scopes TYPE=added TEXT="..."
	@$(BIN)/towncrier create --content "$(TEXT)" "+$(NAME).$(TYPE).md"

clean: ## remove the environments and everything else that was built
	rm -rf .venv .venv-* docs/_build docs/reference/lint demo-report.html dist build
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .snowshed_cache
	find src tests benchmarks examples docs -name __pycache__ -type d -prune -exec rm -rf {} +

# A file per extra says that it is installed; a change of the dependencies makes it old.
$(VENV)/.has-%: pyproject.toml
	@scripts/venv $(VENV) $*
