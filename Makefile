# Thin: the work is in scripts/dev.py, which also runs without make (python3 scripts/dev.py run).
PYTHON ?= python3
DEV = $(PYTHON) scripts/dev.py

.DEFAULT_GOAL := help
.PHONY: help run demo test check races browser pictures bench torture mutate format lock translations

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

run: ## Start Zelador here (PORT=9000 chooses the port, DEBUG=1 reloads changed code)
	@$(DEV) run

demo: ## The same with made-up people, on a database of its own (demo.db; delete it to begin anew)
	@$(DEV) demo

test: ## Run the tests; also on the databases in TEST_DATABASE_URLS (SEED=… repeats a run, THOROUGH=1 leaves nothing out)
	@$(DEV) test

check: ## Everything that CI checks: lint, format, types, templates, layers, migrations, tests
	@$(DEV) check

races: ## Run each test of what happens at the same moment 20 times (ROUNDS=100)
	@$(DEV) races

browser: ## Run the journeys in headless Chromium
	@$(DEV) browser

pictures: ## Photograph every page of the demo into pictures/ (README=1 also writes docs/pictures)
	@$(DEV) pictures

bench: ## Measure pages beside a bare page of the same rows, on a million users (SIZES=10000 is short)
	@$(DEV) bench

torture: ## Kill workers and database servers while people work, and look for what is lost (ROUNDS=5 is short)
	@$(DEV) torture

mutate: ## Break the modules that decide about access and see whether the tests notice (MODULES="gate rules" takes two)
	@$(DEV) mutate

format: ## Format the code and repair what can be repaired
	@$(DEV) format

lock: ## Write the lock files from pyproject.toml (UPGRADE=1 takes the newest versions)
	@$(DEV) lock

translations: ## Bring the catalogues up to date with the code (LOCALE=es begins a language)
	@$(DEV) translations
