"""settings.c in Python."""

import sys
from pathlib import Path

import settings
from settings import Limits, SettingsError


def fail(yaml: str) -> None:
    try:
        settings.parse(yaml)
    except SettingsError.Syntax as error:
        print(f"line {error.line}, column {error.column}: {error.problem}")
    except SettingsError.Mistaken as error:
        print("mistaken:", error.path)


server = settings.parse(Path(sys.argv[1]).read_text())
listeners = " ".join(f"{listener.host}:{listener.port}" for listener in server.listeners)
print(f"{server.name} listens on {listeners}; {len(server.labels)} labels", end="")
print(f"; {server.limits.connections} connections" if server.limits else "")

server.limits = Limits(connections=5, bytes_per_second=2.5)
server.labels = {}
print(settings.format(server), end="")

fail("name: web\nlisteners: [")
fail("name: web\nlisteners:\n  - {host: a, port: http}")
fail("name: web")
