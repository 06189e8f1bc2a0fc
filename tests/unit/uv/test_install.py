from pathlib import Path

import pytest

from fakes.processes import Answer, FakeProcesses
from fakes.uv import completed, fake_uv, running_interpreter
from hermes.errors import InstallationError, InterpreterError
from hermes.uv import install


def test_a_python_is_downloaded_to_where_uv_keeps_its_own(tmp_path: Path) -> None:
    places = [
        ({"UV_PYTHON_INSTALL_DIR": str(tmp_path / "own")}, tmp_path / "own"),
        ({"XDG_DATA_HOME": str(tmp_path / "data")}, tmp_path / "data" / "uv" / "python"),
        ({"HOME": str(tmp_path / "home")}, tmp_path / "home" / ".local" / "share" / "uv" / "python"),
    ]
    for environ, folder in places:
        uv = fake_uv(tmp_path, lambda _words, _folder: completed(), environ=environ)

        install.download(uv, "3.14t")

        assert uv.calls == [("python", "install", "--no-bin", "--install-dir", str(folder), "3.14t")]
        assert folder.is_dir()


def test_a_download_that_fails_says_so(tmp_path: Path) -> None:
    uv = fake_uv(tmp_path, lambda _words, _folder: completed(1, stderr="error: no\n"), environ={"HOME": str(tmp_path)})

    with pytest.raises(InterpreterError, match=r"^Python 3\.99 could not be downloaded:\nno$"):
        install.download(uv, "3.99")


def test_an_environment_whose_python_does_not_run_is_refused(tmp_path: Path) -> None:
    processes = FakeProcesses(otherwise=lambda _: Answer(status=127, stderr="no such library\n"))
    uv = fake_uv(tmp_path, lambda _words, _folder: completed(), processes=processes)
    target = tmp_path / "tree"
    target.mkdir()

    with pytest.raises(InterpreterError, match=r"does not run \(exit status 127\): no such library$"):
        install.create(uv, running_interpreter(), target)
    (asked,) = processes.calls
    assert asked.argv[:4] == (str(target / "bin" / "python"), "-I", "-B", "-c")


def test_nothing_is_forgotten_where_nothing_is_kept(tmp_path: Path) -> None:
    uv = fake_uv(tmp_path, lambda _words, _folder: completed(1, stderr="error: in use\n"))

    install.forget(uv, ["alpha"])
    uv.cache.mkdir()
    install.forget(uv, [])

    assert uv.calls == []
    with pytest.raises(InstallationError, match=r"^the wheel cache could not be cleaned of alpha, beta:\nin use$"):
        install.forget(uv, ["alpha", "beta"])
