# The commands of this project. Everything installs into .venv and runs under var/; nothing else is touched.
PYTHON ?= python3
PORT ?= 8000
export PORT

BOOTSTRAP = $(PYTHON) loyalty/run/bootstrap.py
DEV = $(BOOTSTRAP) --dev
WITH_SERVERS = $(DEV) python -m loyalty.run tests
CORES := $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
COMPILE = pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url \
	--no-emit-find-links --no-emit-options --no-header

.DEFAULT_GOAL := help
.PHONY: help run test check lint prove bench fmt requirements openapi messages

help:
	@echo "make run       start the platform at http://127.0.0.1:$(PORT) (PORT=...), until Ctrl-C"
	@echo "make test      all tests but the slow proofs, in parallel, on servers of their own"
	@echo "make check     format, lint, types, import order, migrations, OpenAPI, then the tests"
	@echo "make prove     the slow proofs"
	@echo "make bench     the speed table, written to var/bench.json"
	@echo "make fmt       put code into the house format"
	@echo "make openapi   write docs/openapi.yaml and docs/errors.md anew"
	@echo "make messages  collect texts for translation"
	@echo "make requirements   compile the requirement files anew"

run:
	@exec $(BOOTSTRAP) python -m loyalty.run serve

test:
	@$(WITH_SERVERS) -- pytest -n $(CORES) -m "not slow" $(ARGS)

lint:
	@$(DEV) ruff format --check .
	@$(DEV) ruff check .
	@$(DEV) python -m loyalty.run.check

check: lint test

prove:
	@$(WITH_SERVERS) -- pytest -m slow $(ARGS)

bench:
	@$(WITH_SERVERS) --durable -- python -m benchmarks $(ARGS)

fmt:
	@$(DEV) ruff format .
	@$(DEV) ruff check --fix .

openapi:
	@$(WITH_SERVERS) -- python manage.py spectacular --file docs/openapi.yaml
	@$(WITH_SERVERS) -- python manage.py error_docs

messages:
	@$(WITH_SERVERS) -- python manage.py makemessages --locale lt --no-location --no-wrap \
		--ignore .venv --ignore var --ignore tests --ignore benchmarks

requirements:
	@$(DEV) $(COMPILE) requirements.in -o requirements.txt
	@$(DEV) $(COMPILE) requirements-embedded.in -o requirements-embedded.txt
	@$(DEV) $(COMPILE) requirements-dev.in -o requirements-dev.txt
