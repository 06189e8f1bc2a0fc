from pathlib import Path

import pytest

from fakes.processes import Answer, Call, FakeProcesses
from hermes.errors import InstallationError
from hermes.system.processes import Completed
from hermes.uv import command
from hermes.uv.command import Uv

TOLD = "GET https://me:s3cret@index.invalid/ s3cret"
CALLER = {"UV_DEFAULT_INDEX": "https://me:s3cret@index.invalid/", "UV_CACHE_DIR": "/evil"}


def call(folder: Path, *words: str, offline: bool = False) -> tuple[Completed, Call]:
    processes = FakeProcesses({"/bin/uv": lambda _: Answer(stdout=TOLD, stderr=TOLD)})
    uv = Uv(
        processes=processes,
        cache=folder / "uv",
        home=folder / "home",
        environ=CALLER,
        offline=offline,
        executable="/bin/uv",
    )
    completed = uv.run(*words, cwd=folder, input="text")
    (made,) = processes.calls
    return completed, made


def test_uv_is_called_without_configuration_in_a_private_place(tmp_path: Path) -> None:
    completed, made = call(tmp_path, "pip", "list", offline=True)

    assert completed.argv == (
        "/bin/uv", "--no-config", "--no-progress", "--color", "never", "--cache-dir", str(tmp_path / "uv"),
        "--no-python-downloads", "--offline", "pip", "list",
    )  # fmt: skip
    assert made.env["HOME"] == str(tmp_path / "home")
    assert "UV_CACHE_DIR" not in made.env
    assert made.input == "text"
    assert list((tmp_path / "home").iterdir()) == []


def test_only_downloading_a_python_may_download_one(tmp_path: Path) -> None:
    completed, _ = call(tmp_path, "python", "install", "3.14")

    assert "--no-python-downloads" not in completed.argv


def test_what_comes_back_holds_no_credentials(tmp_path: Path) -> None:
    completed, made = call(tmp_path, "pip", "list")

    assert completed.stdout == completed.stderr == "GET https://****@index.invalid/ ****"
    assert made.env["UV_DEFAULT_INDEX"] == "https://me:s3cret@index.invalid/"


def test_credentials_are_in_no_representation(tmp_path: Path) -> None:
    uv = Uv(
        processes=FakeProcesses(), cache=tmp_path, home=tmp_path, environ={"UV_DEFAULT_INDEX": "https://me:s3cret@x/"}
    )

    assert "s3cret" not in repr(uv)


def test_the_uv_that_came_with_hermes_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Path(command.find()).name.startswith("uv")

    def nowhere() -> str:
        raise FileNotFoundError("nowhere")

    monkeypatch.setattr(command, "find_uv_bin", nowhere)
    with pytest.raises(InstallationError, match=r"^uv is not where its package should have put it: nowhere$"):
        command.find()
