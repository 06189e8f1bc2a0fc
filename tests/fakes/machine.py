"""A machine of which a test decides which interpreters lie where, and what each says of itself."""

import json
import os
from pathlib import Path

from fakes.processes import Answer, FakeProcesses
from hermes.model.interpreter import Interpreter
from hermes.system import interpreters
from hermes.system.interpreters import Missing, Search

BINARY = b"\x7fELF"


class Machine:
    """A home folder with interpreters that are files, and the processes that answer for them."""

    def __init__(self, root: Path) -> None:
        self.home = root / "home"
        self.home.mkdir()
        self.environ = {"HOME": str(self.home), "PATH": ""}
        self.memory = root / "interpreters"
        self.answers: dict[str, Answer] = {}
        self.processes = FakeProcesses(otherwise=lambda call: self.answers[call.argv[0]])

    def add(self, path: str, version: str, **changes: object) -> Path:
        file = self.home / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(BINARY)
        file.chmod(0o755)
        self.answers[str(file)] = said(version, executable=str(file), **changes)
        return file

    def shim(self, path: str, answer: Answer) -> Path:
        file = self.home / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("#!/bin/sh\n")
        file.chmod(0o755)
        self.answers[str(file)] = answer
        return file

    def search(self) -> Search:
        return Search(
            environ=self.environ,
            directory=self.home,
            processes=self.processes,
            memory=self.memory,
            platform="linux",
            own=None,
        )

    def find(self, request: str) -> str:
        found = interpreters.find_all([request], self.search())[request]
        assert isinstance(found, Interpreter), interpreters.missing_message(found)
        return os.path.relpath(found.path, self.home)

    def missing(self, request: str) -> Missing:
        found = interpreters.find_all([request], self.search())[request]
        assert isinstance(found, Missing)
        return found

    def asked(self) -> list[str]:
        return [os.path.relpath(call.argv[0], self.home) for call in self.processes.calls]


def said(version: str, **changes: object) -> Answer:
    answer: dict[str, object] = {
        "implementation": "cpython",
        "version": version,
        "build": f"{version} (main)",
        "abi": "cpython-312-x86_64-linux-gnu",
        "suffix": ".cpython-312-x86_64-linux-gnu.so",
        "platform": "linux-x86_64",
        "libc": "glibc 2.36",
        "free_threaded": False,
        "debug": False,
        "pointer_bytes": 8,
        "macos": ["", ""],
        "base_prefix": "/usr",
        "markers": {"python_version": "3.12"},
    }
    return Answer(stdout=f"\nhermes-runner answers: {json.dumps(answer | changes)}\n")
