"""The installed command as a user types it: every verb, every exit status, signals, terminals, pipes."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from fakes import overlays
from fakes.projects import INTERPRETER, PYTHON, Checkout, Hermes
from hermes.cli import arguments

ENVFILE = f"""\
python = ["{PYTHON}"]

[environments.test]
requirements = ["alpha"]

[environments.other]
requirements = ["Dotted.Name-x"]

[sessions.unit]
environment = "test"
run = "alpha"

[sessions.fails]
environment = "test"
run = "false"
default = false

[sessions.elsewhere]
environment = "test"
only-on = ["windows"]
run = "alpha"
default = false

[sessions.blocks]
environment = "test"
run = [["python", "-c", '''{{code}}''']]
default = false
"""
BLOCKS = """
import os, signal, sys
with open("{started}", "w") as announced:
    print(os.getpid(), file=announced)
print("working")
open("{released}").read()
"""
"""Says that it has begun, then waits for somebody to open the other pipe."""

ON_A_TERMINAL = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"


@pytest.fixture
def checkout(tmp_path: Path, hermes: Hermes) -> Checkout:
    for name in ("started", "released"):
        os.mkfifo(tmp_path / name)
    code = BLOCKS.format(started=tmp_path / "started", released=tmp_path / "released")
    made = Checkout(folder=overlays.write(tmp_path / "project", {"envfile.toml": ENVFILE.format(code=code)}))
    hermes.passes("lock", at=made.folder)
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A run whose job has begun and waits; `job` is the process id of its command."""

    process: subprocess.Popen[str]
    job: int
    released: Path

    def end(self) -> tuple[int, str, str]:
        """Wait for the run; return its status and what it printed."""
        out, err = self.process.communicate()
        return self.process.returncode, out, err

    def release(self) -> None:
        """Let the job go on."""
        self.released.write_text("", encoding="utf-8")


@contextmanager
def running(hermes: Hermes, checkout: Checkout, *before: str) -> Iterator[Running]:
    """Start the session `blocks` and wait until it has begun."""
    with subprocess.Popen(
        [*before, *hermes.argv, "run", "blocks"],
        env=hermes.variables,
        cwd=checkout.folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        pid = int((checkout.folder.parent / "started").read_text(encoding="utf-8"))
        yield Running(process=process, job=pid, released=checkout.folder.parent / "released")
        if process.poll() is None:
            process.kill()


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


STATUSES: Mapping[int, Sequence[str]] = {
    0: ("run", "unit"),
    1: ("run", "fails"),
    2: ("run", "unti"),
    3: ("run", "--locked"),
    4: ("verify",),
    5: ("run", "--offline"),
    6: ("run", "elsewhere"),
}


class TestExitStatuses:
    @pytest.mark.parametrize("status", STATUSES)
    def test_each_of_the_table(self, hermes: Hermes, checkout: Checkout, status: int) -> None:
        if status == 3:
            checkout.lock.unlink()
        if status == 4:
            hermes.passes("run", at=checkout.folder)
            (installed,) = hermes.tree("test", at=checkout.folder).rglob("alpha.py")
            installed.chmod(0o600)
        ran = hermes(*STATUSES[status], at=checkout.folder)
        assert ran.status == status, ran
        assert "Traceback" not in ran.stdout + ran.stderr

    @pytest.mark.parametrize(
        ("number", "status", "word"),
        [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated"), (signal.SIGHUP, 143, "terminated")],
    )
    def test_a_run_that_is_asked_to_stop_leaves_nothing_behind(
        self, hermes: Hermes, checkout: Checkout, number: signal.Signals, status: int, word: str
    ) -> None:
        with running(hermes, checkout) as run:
            run.process.send_signal(number)
            ended, out, _ = run.end()
        assert ended == status
        assert f"  blocks-{PYTHON}  interrupted           {word} while it ran\n" in out
        assert out.endswith("hermes: 0 passed, 0 failed, 1 interrupted\n")
        assert not is_there(run.job)
        assert hermes.passes("run", at=checkout.folder).status == 0

    @pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
    def test_locking_can_be_stopped_while_the_index_does_not_answer(
        self, hermes: Hermes, checkout: Checkout, tmp_path: Path, number: signal.Signals, status: int
    ) -> None:
        checkout.lock.unlink()
        temporary = tmp_path / "temporary"
        temporary.mkdir()
        with socket.create_server(("127.0.0.1", 0)) as index:
            url = f"http://127.0.0.1:{index.getsockname()[1]}/simple/"
            user = hermes.elsewhere(umask=0o022, UV_DEFAULT_INDEX=url, TMPDIR=str(temporary))
            with subprocess.Popen(
                [*user.argv, "lock"], env=user.variables, cwd=checkout.folder, stderr=subprocess.PIPE, text=True
            ) as process:
                connection, _ = index.accept()
                process.send_signal(number)
                _, err = process.communicate()
                # The installer is gone: its end of the connection is closed.
                while connection.recv(4096):
                    pass
                connection.close()
        assert process.returncode == status
        assert err.endswith("ed: everything that hermes started has been stopped\n")
        assert not list(temporary.iterdir())
        assert not checkout.lock.exists()

    def test_an_interrupt_from_the_keyboard(self, hermes: Hermes, checkout: Checkout) -> None:
        with running(hermes, checkout, sys.executable, "-c", ON_A_TERMINAL) as run:
            assert run.process.stdin is not None
            run.process.stdin.write("\x03")
            run.process.stdin.flush()
            ended, out, _ = run.end()
        assert ended == 130
        assert "interrupted while it ran" in out
        assert not is_there(run.job)


def test_garbage_collection_leaves_what_a_running_job_uses(hermes: Hermes, checkout: Checkout) -> None:
    at = checkout.folder
    hermes.passes("fingerprint", "--check", at=at)
    assert len(hermes.stored(at=at)) == 2
    with running(hermes, checkout) as run:
        collected = hermes.passes("store", "gc", "--max-age", "0", "--max-size", "0", "--json", at=at).json
        assert [item["name"] for item in collected["removed"]] == ["other"]
        cleared = hermes("store", "clear", at=at)
        assert cleared.status == 5
        assert list(hermes.stored(at=at).values()) == ["environment test"]
        run.release()
        ended, out, err = run.end()
    assert ended == 0, err
    assert "working\n" in out
    assert hermes.passes("verify", "test", at=at).stdout.startswith(f"test {PYTHON}: verified, ")
    assert hermes.passes("store", "clear", at=at).stdout.startswith("1 removed, ")


class TestEveryCommand:
    @pytest.mark.parametrize("verb", ["", *arguments.VERBS])
    def test_help(self, hermes: Hermes, tmp_path: Path, verb: str) -> None:
        ran = hermes.passes(*filter(None, [verb]), "--help", at=tmp_path)
        assert ran.stdout.startswith("usage: hermes")
        assert not hermes.cache.exists()

    def test_both_names_are_the_same_program(self, hermes: Hermes, tmp_path: Path) -> None:
        longer = shutil.which("hermes-runner", path=str(Path(sys.executable).parent))
        assert longer is not None
        done = subprocess.run([longer, "--version"], capture_output=True, text=True, check=True, cwd=tmp_path)
        assert done.stdout == hermes.passes("--version", at=tmp_path).stdout
        assert re.fullmatch(r"hermes \d+\.\d+\.\d+\n", done.stdout)

    def test_a_morning(self, hermes: Hermes, tmp_path: Path) -> None:
        checkout = Checkout.package(tmp_path / "project")
        below = checkout.folder / "src"
        ran = hermes.passes("run", at=below)
        assert ran.stdout.startswith("hermes: there is no envfile.lock yet; making one\n")
        assert ran.stdout.count("alpha 1.0\nmine is new\n") == 2
        assert ran.stdout.endswith("\nhermes: 2 passed, 0 failed\n")
        assert ran.stderr == ""
        assert hermes.passes("lock", "--check", at=below).stdout == "envfile.lock is fresh\n"
        assert hermes.passes("list", at=below).stdout.count("\n") == 3
        assert hermes.passes("exec", "source", "-q", "--", "mine", at=below).stdout == "mine is new\n"
        assert len(hermes.passes("fingerprint", at=below).stdout.splitlines()) == 2
        assert "verified" in hermes.passes("verify", at=below).stdout
        assert Path(hermes.passes("store", "dir", "source", at=below).stdout.strip(), "bin/mine").exists()
        assert "overlay" in hermes.passes("store", "list", at=below).stdout
        assert hermes.passes("-C", "..", "run", "unit", at=below).stdout.endswith("hermes: 1 passed, 0 failed\n")
        assert json.loads(hermes.passes("schema", at=below).stdout)

    @pytest.mark.parametrize(
        "line",
        [
            "run",
            "run --dry-run",
            "run fails",
            "run elsewhere",
            "lock",
            "lock --check",
            "lock --dry-run",
            "fingerprint",
            "fingerprint --check",
            "fingerprint --record",
            "verify",
            "verify --all",
            "list",
            "store list",
            "store dir test",
            "store gc",
            "store verify",
            "store clear",
            "schema",
        ],
    )
    def test_json_is_alone_on_standard_output(self, hermes: Hermes, checkout: Checkout, line: str) -> None:
        ran = hermes(*line.split(), "--json", at=checkout.folder)
        assert ran.status in {0, 1, 6}, ran
        assert line == "schema" or re.fullmatch(r"hermes-[a-z-]+-1", ran.json["format"])
        assert ("alpha 1.0" in ran.stderr) == (line == "run")


class TestTerminals:
    @pytest.mark.parametrize(
        "line", ["run", "run fails", "run -v --dry-run", "list", "verify", "lock --diff", "store list"]
    )
    def test_no_escape_bytes_where_output_is_redirected(self, hermes: Hermes, checkout: Checkout, line: str) -> None:
        user = hermes.elsewhere(umask=0o022, TERM="xterm-256color", COLORTERM="truecolor", CLICOLOR="1")
        ran = user(*line.split(), at=checkout.folder)
        assert ran.status in {0, 1, 6}
        assert "\x1b" not in ran.stdout + ran.stderr
        assert "\r" not in ran.stdout + ran.stderr

    @staticmethod
    def on_a_terminal(hermes: Hermes, at: Path, *words: str, **variables: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", ON_A_TERMINAL, *hermes.argv, *words],
            env={**hermes.variables, "TERM": "xterm", **variables},
            cwd=at,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.replace("\r\n", "\n")

    def test_a_session_has_the_real_terminal(self, hermes: Hermes, checkout: Checkout) -> None:
        ask = "import os; print([os.isatty(each) for each in range(3)])"
        checkout.edit("envfile.toml", 'run = "false"', f"run = [['python', '-c', {json.dumps(ask)}]]")
        assert "[True, True, True]\n" in self.on_a_terminal(hermes, checkout.folder, "run", "fails")

    @pytest.mark.parametrize(
        ("variables", "painted"),
        [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False), ({"COLUMNS": "0"}, True)],
    )
    def test_colours(self, hermes: Hermes, checkout: Checkout, variables: Mapping[str, str], painted: bool) -> None:
        printed = self.on_a_terminal(hermes, checkout.folder, "run", **variables)
        assert ("\x1b[32mpassed" in printed) is painted
        assert ("\x1b" in printed) is painted

    @pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437", "utf-8"])
    def test_an_encoding_that_lacks_a_character_is_no_bug(
        self, hermes: Hermes, checkout: Checkout, encoding: str
    ) -> None:
        user = hermes.elsewhere(umask=0o022, PYTHONIOENCODING=encoding)
        assert user.passes("run", at=checkout.folder).stdout.endswith("hermes: 1 passed, 0 failed\n")
        assert user.passes("fingerprint", "--explain", at=checkout.folder).stdout.startswith(f"test {PYTHON} ")

    def test_nobody_reads_any_more(self, hermes: Hermes, checkout: Checkout) -> None:
        reader, writer = os.pipe()
        os.close(reader)
        with os.fdopen(writer, "wb") as pipe:
            done = subprocess.run(
                [*hermes.argv, "list"],
                env=hermes.variables,
                cwd=checkout.folder,
                stdout=pipe,
                stderr=subprocess.PIPE,
                check=False,
            )
        assert (done.returncode, done.stderr) == (141, b"")

    @pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
    def test_a_standard_stream_that_is_closed(self, hermes: Hermes, checkout: Checkout, closed: str) -> None:
        command = " ".join([*hermes.argv, "run", closed])
        done = subprocess.run(
            ["sh", "-c", command], env=hermes.variables, cwd=checkout.folder, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr
        text = checkout.lock.read_text(encoding="utf-8")
        assert hermes.passes("verify", "--all", at=checkout.folder).stdout.count("verified") == 1
        assert checkout.lock.read_text(encoding="utf-8") == text


def test_the_interpreter_that_tests_name_is_the_one_that_is_taken(hermes: Hermes, checkout: Checkout) -> None:
    planned = hermes.passes("run", "--dry-run", "--json", at=checkout.folder).json
    assert {os.path.realpath(spec["interpreter"]) for spec in planned["environments"]} == {
        os.path.realpath(INTERPRETER)
    }
