# make run   serve the reference city on 127.0.0.1:8000        make test    the whole suite
# make check linters, types, layers                            make bench   the benchmarks
.PHONY: setup run test check format bench messages reference upgrade
python := .venv/bin/python

setup:
	@bin/setup $(or $(GROUP),dev)

run: GROUP = server
run: setup
	@$(if $(PORT),LICENCE_EXCHANGE_PUBLIC_URL=$${LICENCE_EXCHANGE_PUBLIC_URL:-http://127.0.0.1:$(PORT)} )$(python) manage.py first_look $(if $(PORT),--port $(PORT))

# Each process has a database of its own, on Redis too (tests/apart.py).
test: setup
	@$(python) -m pytest -p tests.apart -n auto --maxprocesses 8 $(ARGS)

check: setup
	@.venv/bin/ruff check . && .venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-cache

format: setup
	@.venv/bin/ruff check --fix . && .venv/bin/ruff format .

bench: setup
	@for benchmark in benchmarks/[a-z]*.py; do $(python) "$$benchmark" || exit 1; done

# What is generated from the code: the message catalogues, the settings reference, the OpenAPI file.
messages: setup
	@$(python) manage.py collect_messages

reference: setup
	@$(python) manage.py settings_reference > docs/settings.md
	@$(python) manage.py spectacular --api-version v1 --file docs/openapi.yaml --validate

upgrade: setup
	@for group in server dev; do \
	  .venv/bin/uv pip compile pyproject.toml --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --extra build --extra $$group --output-file requirements/$$group.txt || exit 1; done
	@.venv/bin/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --constraint requirements/server.txt --extra pkcs11 --extra sm2 \
	  --output-file requirements/keys.txt
