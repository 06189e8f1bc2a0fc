import os
from pathlib import Path

import pytest

from hermes.runner import stacking, startup

SITE = "lib/python3.12/site-packages"


def _tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in {f"{SITE}/mod.py": "", "pyvenv.cfg": "", "bin/python": "#!elf", **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755 if name.startswith("bin/") else 0o644)
    (root / "lib64").symlink_to("lib")
    return root


@pytest.fixture
def below(tmp_path: Path) -> Path:
    files = {
        "bin/tool": "#!/bin/sh\nbelow\n",
        "bin/both": "#!/bin/sh\nbelow\n",
        "bin/binary": "ELF",
        "share/man/man1/tool.1": "below",
        "share/man/man1/both.1": "below",
        "etc/tool.conf": "below",
        "lib/cmake/tool.cmake": "below",
        "lib/python3.12/odd.txt": "below",
        ".lock": "",
        "CACHEDIR.TAG": "",
        f"{SITE}/other.py": "",
    }
    return _tree(tmp_path / "below", files)


@pytest.fixture
def overlay(tmp_path: Path, below: Path) -> Path:
    mine = _tree(tmp_path / "mine", {"bin/both": "#!/bin/sh\nmine\n", "share/man/man1/both.1": "mine"})
    stacking.show(mine, below)
    return mine


def test_scripts_are_copies_and_other_programs_links(overlay: Path, below: Path) -> None:
    assert (overlay / "bin/tool").read_text(encoding="utf-8") == "#!/bin/sh\nbelow\n"
    assert not (overlay / "bin/tool").is_symlink()
    assert os.access(overlay / "bin/tool", os.X_OK)
    assert (overlay / "bin/binary").readlink() == below / "bin/binary"


def test_nothing_of_the_overlay_is_replaced(overlay: Path) -> None:
    assert (overlay / "bin/both").read_text(encoding="utf-8") == "#!/bin/sh\nmine\n"
    assert (overlay / "share/man/man1/both.1").read_text(encoding="utf-8") == "mine"
    assert not (overlay / "bin/python").is_symlink()


def test_folders_are_linked_whole_or_merged(overlay: Path, below: Path) -> None:
    assert (overlay / "etc").readlink() == below / "etc"
    assert (overlay / "lib/cmake").readlink() == below / "lib/cmake"
    assert (overlay / "lib/python3.12/odd.txt").is_symlink()
    assert not (overlay / "share/man").is_symlink()
    assert (overlay / "share/man/man1/tool.1").read_text(encoding="utf-8") == "below"


def test_site_packages_and_what_belongs_to_the_tree_itself_stay_apart(overlay: Path) -> None:
    assert [item.name for item in (overlay / SITE).iterdir()] == ["mod.py"]
    assert not os.path.lexists(overlay / ".lock")
    assert not os.path.lexists(overlay / "CACHEDIR.TAG")
    assert (overlay / "lib64").readlink() == Path("lib")


def test_start_up_files_are_ascii_and_first_and_last(tmp_path: Path) -> None:
    mine, other = _tree(tmp_path / "mine", {}), _tree(tmp_path / "北京 'quoted'", {})
    startup.write(mine, environment=other, bytecode=tmp_path / "bytecode")
    names = {startup.FIRST, startup.LAST, "__editable__.x.pth", "_hermes_runner.pth", "Zope.pth", "zope.pth", "1.pth"}
    ordered = sorted(names)
    assert (ordered[0], ordered[-1]) == (startup.FIRST, startup.LAST)
    text = (mine / SITE / startup.LAST).read_text(encoding="ascii")
    call = text.removeprefix("import site; site.addsitedir(").removesuffix(")\n")
    assert call == ascii(str(other / SITE))


def test_a_tree_without_site_packages_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        startup.site_packages(tmp_path)
