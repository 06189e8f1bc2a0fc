import stat
from pathlib import Path

import platformdirs.macos
import platformdirs.unix
import pytest

from hermes.errors import ProvisionError, UsageError
from hermes.system import dirs


def test_linux_agrees_with_platformdirs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    for xdg in (None, "", "relative/folder", "/var/cache/ada"):
        environ = {"HOME": "/home/ada"}
        if xdg is None:
            monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
        else:
            monkeypatch.setenv("XDG_CACHE_HOME", xdg)
            environ["XDG_CACHE_HOME"] = xdg
        found = dirs.cache_root(environ, "linux")
        if xdg == "relative/folder":
            assert found == Path("/home/ada/.cache/hermes-runner")  # as the specification has it
        else:
            assert found == Path(platformdirs.unix.Unix("hermes-runner").user_cache_dir)


def test_macos_agrees_with_platformdirs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/Users/ada")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    expected = Path(platformdirs.macos.MacOS("hermes-runner").user_cache_dir)
    assert dirs.cache_root({"HOME": "/Users/ada"}, "darwin") == expected


def test_windows_takes_the_local_application_data() -> None:
    assert dirs.cache_root({"LOCALAPPDATA": "/local"}, "win32") == Path("/local/hermes-runner")
    assert dirs.cache_root({"USERPROFILE": "/ada"}, "win32") == Path("/ada/AppData/Local/hermes-runner")


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_the_override_wins_everywhere(platform: str) -> None:
    environ = {"HERMES_RUNNER_CACHE_DIR": "/x/cache", "XDG_CACHE_HOME": "/y", "HOME": "/home/ada"}
    assert dirs.cache_root(environ, platform) == Path("/x/cache")


def test_the_override_may_start_at_home() -> None:
    assert dirs.cache_root({"HERMES_RUNNER_CACHE_DIR": "~/c", "HOME": "/home/ada"}, "linux") == Path("/home/ada/c")


@pytest.mark.parametrize("text", ["c", "./c", "../c", "~ada/c"])
def test_the_override_is_no_other_folder_in_each_folder(text: str) -> None:
    with pytest.raises(UsageError, match=f"HERMES_RUNNER_CACHE_DIR={text}: must be an absolute path"):
        dirs.cache_root({"HERMES_RUNNER_CACHE_DIR": text, "HOME": "/home/ada"}, "linux")


def test_without_variables_the_system_knows_the_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/system")
    assert dirs.home({}) == Path("/home/system")


def test_a_new_root_is_private_and_marked(tmp_path: Path) -> None:
    root = tmp_path / "deep" / "root"
    assert not dirs.is_root(root)
    dirs.prepare_root(root)
    assert stat.S_IMODE(root.stat().st_mode) == 0o700
    assert dirs.is_root(root)
    assert (root / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55\n")


def test_preparing_again_changes_nothing(tmp_path: Path) -> None:
    dirs.prepare_root(tmp_path / "root")
    (tmp_path / "root" / "store").mkdir()
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "root").iterdir()}
    dirs.prepare_root(tmp_path / "root")
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "root").iterdir()} == before


def test_a_root_without_its_tag_gets_it(tmp_path: Path) -> None:
    dirs.prepare_root(tmp_path)
    (tmp_path / "CACHEDIR.TAG").unlink()
    dirs.prepare_root(tmp_path)
    assert (tmp_path / "CACHEDIR.TAG").is_file()


def test_somebody_elses_folder_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(UsageError, match="is not empty and was not made by hermes") as caught:
        dirs.prepare_root(tmp_path)
    assert "HERMES_RUNNER_CACHE_DIR" in str(caught.value.hint)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ProvisionError, match=r"file.* cannot be used as hermes's cache folder"):
        dirs.prepare_root(tmp_path / "file")
    with pytest.raises(ProvisionError, match="cannot be used as hermes's cache folder"):
        dirs.prepare_root(tmp_path / "file" / "below")
