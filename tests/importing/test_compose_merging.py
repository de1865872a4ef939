"""Several compose files are one, as docker lays them over each other; so is a service and what it extends."""

from __future__ import annotations

from typing import Any

import pytest

from procman.core.config import yamltree
from procman.importing.compose import merging, services
from procman.importing.found import Found
from tests.importing.samples import gather, lost, place

BASE = """\
services:
  web:
    build: .
    command: [./web, a]
    environment: {A: 1, B: 1}
    ports: ["80:3000"]
    volumes: [".:/app", "./data:/data"]
    depends_on: [db]
    healthcheck: {test: [CMD, ./ok], interval: 5s}
    deploy: {resources: {limits: {memory: 1G, cpus: "1"}}}
    restart: always
  db:
    image: postgres
"""


def web(over: str) -> dict[str, Any]:
    """What becomes of the service with this laid over it."""
    return gather(("compose.yml", BASE), ("compose.dev.yml", f"services:\n  web: {over}\n")).processes["web"]


def test_without_a_second_word_all_stays() -> None:
    before = gather(("compose.yml", BASE)).processes
    for over in ("{}", "{command: }", "{environment: , depends_on: ~}"):
        assert web(over) == before["web"]


@pytest.mark.parametrize(
    ("over", "keys"),
    [
        ("{command: ./other}", {"command": "./other"}),
        ("{command: [./b, c]}", {"command": "./b c"}),
        ("{environment: {B: 2, C: 3}}", {"env": {"A": "1", "B": "2", "C": "3"}}),
        ("{environment: [B=2, C=x=y]}", {"env": {"A": "1", "B": "2", "C": "x=y"}}),
        ("{restart: 'no'}", {"restart": "never"}),
        ("{depends_on: [mail]}", {"depends_on": {"db": "started"}}),
        ("{ports: ['81:3001']}", {"port": 3000}),
        (
            "{healthcheck: {test: [CMD, ./other]}}",
            {"ready": {"cmd": "./other", "within": "15s", "every": "5s"}},
        ),
        ("{healthcheck: {interval: 1s}}", {"ready": {"cmd": "./ok", "within": "3s", "every": "1s"}}),
        ("{deploy: {resources: {limits: {memory: 2G}}}}", {"max_memory": "2G"}),
    ],
)
def test_what_is_said_again_counts(over: str, keys: dict[str, Any]) -> None:
    before = gather(("compose.yml", BASE)).processes["web"]
    assert web(over) == {**before, **keys}


def test_a_port_that_is_said_twice_is_one() -> None:
    found = gather(
        ("compose.yml", BASE), ("b.yml", "services: {web: {ports: ['80:3000']}}\n"), kind="compose"
    )
    told = [each for each in lost(found) if "ports" in each]
    assert told == ["b.yml:1: web: ports: it was reached at 80: here at 3000, where it listens itself"]


def test_of_two_mounts_at_one_place_the_later_counts() -> None:
    base, own = (
        merging.merged(merging.elsewhere(node, "x"), node, "volumes")
        for node in (_volumes("./a:/x", "./b:/y:ro", "cache:/z"), _volumes("./c:/y"))
    )
    items = merging.merged(base, own, "volumes")
    assert [getattr(each, "text", "") for each in items.items] == ["./a:/x", "cache:/z", "./c:/y"]  # type: ignore[union-attr]


def _volumes(*texts: str) -> Any:
    return yamltree.parse(f"volumes: [{', '.join(texts)}]".encode(), "", []).entries["volumes"].value


def test_what_is_told_is_told_of_the_file_that_says_it() -> None:
    over = (
        "# over\nservices:\n  web:\n    networks: [a]\n  mail:\n    image: mailpit\n    restart: sometimes\n"
    )
    found = gather(("compose.yml", BASE), ("b.yml", over), kind="compose")
    assert [*found.processes] == ["web", "db", "mail"]
    told = lost(found)
    assert (
        "b.yml:4: web: networks: all processes are on this machine, and reach each other at 127.0.0.1" in told
    )
    assert "b.yml:7: mail: restart: 'sometimes' is not known" in told
    assert "compose.yml:3: web: build: nothing is built" in "\n".join(told)


def test_a_file_beside_it_that_docker_reads_as_well_is_told() -> None:
    def beside(path: str) -> bool:
        return path == "app/docker-compose.override.yml"

    found = Found(place()._replace(is_file=beside))
    services.read(BASE.encode(), "app/docker-compose.yml", found.of("app/docker-compose.yml"))
    found.finish()
    text = "docker reads app/docker-compose.override.yml with it: name it, too, behind this one"
    assert f"app/docker-compose.yml: {text}" in lost(found)


def test_a_file_alone_that_is_none_is_refused_and_one_over_another_is_not() -> None:
    found = gather(("compose.yml", BASE), ("b.yml", "volumes: {data: }\n"), kind="compose")
    assert [*found.processes] == ["web", "db"]


def test_several_of_one_that_listens_need_ports_of_their_own() -> None:
    def told(said: str) -> list[str]:
        text = f"services: {{web: {{build: ., command: ./web, {said}}}}}\n"
        return [each for each in lost(gather(("compose.yml", text))) if "needs a port" in each]

    assert len(told("ports: ['3000:3000'], deploy: {replicas: 2}")) == 1
    assert len(told("expose: ['3000'], scale: 3")) == 1
    assert told("ports: ['3000:3000']") == []
    assert told("deploy: {replicas: 2}") == []


def test_an_image_that_has_to_be_fetched_is_told_of_the_first_that_is_waited_for() -> None:
    health = "healthcheck: {test: ./ok}"
    own = f"web: {{build: ., image: mine, command: ./web, {health}}}"
    text = f"services:\n  {own}\n  redis: {{image: redis}}\n  db: {{image: postgres, {health}}}\n"
    told = [each for each in lost(gather(("compose.yml", text))) if "docker pull" in each]
    assert [each.split(": image")[0] for each in told] == ["compose.yml:4: db"]
