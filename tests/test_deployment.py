"""Dockerfile and docker-compose.yml agree with the code: variables, commands, accounts, health checks."""

import json
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
LONG_RUNNING = {name: service for name, service in SERVICES.items() if service.get("restart") != "no"}
READ_BY_SETTINGS = {variable.name for variable in settings.ENVIRONMENT.variables}
# Variables of Python, pip and the shell; of the database's image and of the script that makes the acting role.
OF_THE_IMAGE = {"PATH", "PYTHONUNBUFFERED", "PIP_NO_CACHE_DIR", "PIP_DISABLE_PIP_VERSION_CHECK"}
OF_POSTGRESQL = {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD", "ACTING_PASSWORD"}
# Executables: the base image's own, and the requirement that brings each of the others.
OF_THE_BASE = {"python", "pip", "useradd", "install", "for", "do", "done", "exit"}
BROUGHT_BY = {"celery": "celery", "pybabel": "babel"}


def instructions() -> list[tuple[str, str]]:
    """Return the Dockerfile's instructions in order, with lines joined and comments dropped."""
    lines = [line for line in DOCKERFILE.splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    pairs = (line.split(maxsplit=1) for line in joined.splitlines() if line.strip())
    return [(name.upper(), re.sub(r"\s+", " ", rest)) for name, rest in pairs]


def values_of(instruction: str) -> list[str]:
    return [rest for name, rest in instructions() if name == instruction]


def last_stage() -> list[tuple[str, str]]:
    found = instructions()
    start = max(index for index, (name, _) in enumerate(found) if name == "FROM")
    return found[start:]


def commands() -> list[tuple[str, list[str]]]:
    """Return every command that runs in our image, by where it stands."""
    found = [(f"{name} command", list(service["command"])) for name, service in OURS.items()]
    for name, service in OURS.items():
        kind, *test = service["healthcheck"].get("test", ["NONE"])
        if kind == "CMD-SHELL":
            test = shlex.split(test[0])
        if test:
            found.append((f"{name} health check", test))
    found += [("Dockerfile CMD", json.loads(rest)) for rest in values_of("CMD")]
    health = [json.loads(rest.partition("CMD ")[2]) for rest in values_of("HEALTHCHECK")]
    found += [("Dockerfile HEALTHCHECK", command) for command in health]
    for number, rest in enumerate(values_of("RUN"), start=1):
        for part in re.split(r"&&|\|\||;", rest):
            words = shlex.split(part)
            found.append((f"Dockerfile RUN {number}", words[1:] if words[0] == "do" else words))
    return found


def required_packages() -> set[str]:
    pinned = (ROOT / "requirements" / "server.txt").read_text("utf-8")
    return set(re.findall(r"^([a-z0-9._-]+)==", pinned, flags=re.MULTILINE))


COMMANDS = commands()


def test_every_setting_can_be_set_beside_docker_compose() -> None:
    # The image's own place, the owner's address (for `prepare` alone), and tokens, whose library the image lacks.
    left = {"LICENCE_EXCHANGE_DATA_DIR", "DATABASE_OWNER_URL"}
    left |= {name for name in READ_BY_SETTINGS if name.startswith("LICENCE_EXCHANGE_PKCS11_")}
    assert READ_BY_SETTINGS - set(OURS["web"]["environment"]) == left


def test_every_variable_that_compose_sets_for_our_services_is_read_by_the_settings() -> None:
    assert set(OURS) == {"prepare", "web", "worker", "beat", "sequencer"}
    for name, service in OURS.items():
        assert set(service["environment"]) <= READ_BY_SETTINGS, name


def test_the_database_gets_only_variables_of_its_image_and_of_the_acting_role() -> None:
    assert set(SERVICES["postgres"]["environment"]) == OF_POSTGRESQL
    script = COMPOSE["configs"]["acting-role"]["content"]
    used = set(re.findall(r"\$\$([A-Z_]+)", script))
    assert used <= OF_POSTGRESQL


def test_every_variable_that_the_dockerfile_sets_is_read_by_the_settings() -> None:
    assignments = [word.split("=", 1)[0] for rest in values_of("ENV") for word in shlex.split(rest)]
    assert set(assignments) - OF_THE_IMAGE <= READ_BY_SETTINGS
    assert {"LICENCE_EXCHANGE_ENV", "LICENCE_EXCHANGE_DATA_DIR"} <= set(assignments)


def test_no_secret_has_a_default() -> None:
    secrets = {variable.name for variable in settings.ENVIRONMENT.variables if variable.required}
    for name, service in OURS.items():
        given = service["environment"]
        for secret in secrets:
            assert given[secret] == f"${{{secret}:?set {secret}}}", f"{name} {secret}"
        for address in ("DATABASE_URL", "DATABASE_OWNER_URL"):
            if address in given:
                assert re.search(r"://\w+:\$\{[A-Z_]+:\?set [A-Z_]+\}@postgres/", given[address]), f"{name} {address}"
    for name in ("POSTGRES_PASSWORD", "ACTING_PASSWORD"):
        assert re.fullmatch(r"\$\{([A-Z_]+):\?set \1\}", SERVICES["postgres"]["environment"][name])


def test_only_prepare_may_act_as_the_owner_of_the_tables() -> None:
    owners = {name for name, service in OURS.items() if "DATABASE_OWNER_URL" in service["environment"]}
    assert owners == {"prepare"}
    prepared = SERVICES["prepare"]["environment"]
    assert prepared["DATABASE_OWNER_URL"].split("@")[0] != prepared["DATABASE_URL"].split("@")[0]


@pytest.mark.parametrize(("where", "command"), COMMANDS, ids=[where for where, _ in COMMANDS])
def test_every_command_exists(where: str, command: list[str]) -> None:
    executable = command[0]
    if executable not in OF_THE_BASE:
        assert BROUGHT_BY[executable] in required_packages(), where
    if executable == "python" and command[1] == "manage.py":
        assert command[2] in get_commands(), where
    elif executable == "python" and command[1] == "-c":
        compile(command[2], where, "exec")
    elif executable == "celery":
        assert command[1:3] == ["-A", "config"]
        assert command[3] in {"worker", "beat", "inspect"}


def test_compose_serves_prepares_works_and_beats() -> None:
    started = {name: service["command"][:4] for name, service in OURS.items()}
    assert started["prepare"][:3] == ["python", "manage.py", "prepare"]
    assert started["web"][:3] == ["python", "manage.py", "serve"]
    assert started["worker"] == ["celery", "-A", "config", "worker"]
    assert started["beat"] == ["celery", "-A", "config", "beat"]
    assert started["sequencer"] == ["python", "manage.py", "sequence"]
    for name in ("web", "worker", "beat", "sequencer"):
        assert SERVICES[name]["depends_on"]["prepare"]["condition"] == "service_completed_successfully"


def test_every_long_running_service_has_a_health_check() -> None:
    assert set(LONG_RUNNING) == {"web", "worker", "beat", "sequencer", "postgres", "redis"}
    for name, service in LONG_RUNNING.items():
        assert service["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}, name


def test_every_volume_is_named_and_used() -> None:
    used = {volume.partition(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    assert used == set(COMPOSE["volumes"])


def test_what_is_written_lies_on_a_volume_that_the_settings_name() -> None:
    folder = re.search(r"LICENCE_EXCHANGE_DATA_DIR=(\S+)", DOCKERFILE)
    assert folder
    for name, service in OURS.items():
        assert service["volumes"] == [f"data:{folder[1]}"], name
    assert Path(SERVICES["beat"]["command"][-1]).parent == Path(folder[1])
    assert re.search(rf"install .*--owner platform .*{folder[1]}", " ".join(values_of("RUN")))


def test_the_image_ends_as_an_account_without_privileges() -> None:
    users = [rest for name, rest in last_stage() if name == "USER"]
    assert users
    assert users[-1] not in {"root", "0"}
    assert re.search(rf"useradd .*\b{users[-1]}\b", " ".join(rest for name, rest in last_stage() if name == "RUN"))


def test_the_image_installs_the_pinned_requirements_by_their_hashes_on_the_python_of_the_project() -> None:
    assert set(values_of("FROM")) == {"python:3.11-slim-bookworm AS build", "python:3.11-slim-bookworm"}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert project["project"]["requires-python"] == ">=3.11"
    installs = [rest for rest in values_of("RUN") if "pip install" in rest]
    assert any("--require-hashes --requirement /tmp/server.txt" in rest for rest in installs)
    assert any("--no-deps --no-build-isolation" in rest for rest in installs)


def test_the_image_keeps_what_the_project_needs_and_no_secret_of_the_folder() -> None:
    ignore = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    kept = {line[1:].partition("/")[0] for line in ignore if line.startswith("!")}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert {package.partition("/")[0] for package in packages} <= kept
    assert {"LICENSE", "README.md", "manage.py", "pyproject.toml", "requirements", "data"} <= kept
    assert {"*", "**/.env*"} <= set(ignore)
    assert not {"var", ".git", ".venv", "tests"} & kept


def test_the_server_listens_where_the_image_says_and_compose_publishes_it_to_this_host_only() -> None:
    assert values_of("EXPOSE") == ["8000"]
    assert SERVICES["web"]["ports"] == ["127.0.0.1:${PORT:-8000}:8000"]
    for command in (json.loads(values_of("CMD")[-1]), SERVICES["web"]["command"]):
        assert command[2:5] == ["serve", "--host", "0.0.0.0"]
    assert not any("ports" in service for name, service in SERVICES.items() if name != "web")
