from collections.abc import Sequence
from pathlib import Path

import pytest

from fakes.uv import completed, fake_uv, running_interpreter
from hermes.errors import ResolutionError
from hermes.model.lock import PinnedRequirement, WantedEnvironment
from hermes.system.processes import Completed
from hermes.uv import pins, ranges
from hermes.uv.command import Uv

PYTHONS = ranges.parse(">=3.11,<3.14")
NONE = "error: No solution found when resolving dependencies\n  cause: "


def pinned(name: str, *, marker: str | None = None, line: int = 1) -> PinnedRequirement:
    return PinnedRequirement(name=name, version="1.0", marker=marker, hashes=("1" * 64,), file="ci.txt", line=line)


def look_up(uv: Uv, folder: Path, *lines: PinnedRequirement) -> pins.Found:
    wanted = WantedEnvironment(name="ci", python=("3.11",), pinned=lines)
    return pins.resolve(uv, wanted, PYTHONS, running_interpreter(), folder)


def test_lines_that_go_alone_but_not_together_are_looked_up_one_by_one(tmp_path: Path) -> None:
    def answer(_words: Sequence[str], folder: Path) -> Completed:
        lines = (folder / "pins.in").read_text().splitlines()
        if len(lines) > 1:
            return completed(1, stderr=f"{NONE}they conflict\n")
        marker = lines[0].partition(" ; ")[2].replace('"', "'")
        (folder / "pylock.toml").write_text(
            f'[[packages]]\nname = "alpha"\nversion = "1.0.0"\nmarker = "{marker}"\nwheels = ['
            f'{{ url = "https://index.invalid/alpha-1.0.0-py3-none-any.whl", hashes = {{ sha256 = "{"1" * 64}" }} }}]\n'
        )
        return completed()

    found = look_up(
        fake_uv(tmp_path, answer),
        tmp_path,
        pinned("alpha", marker='python_version < "3.12"'),
        pinned("alpha", marker='python_version >= "3.12"', line=2),
    )

    assert [(pin.version, pin.marker) for pin in found.pins] == [
        ("1.0.0", 'python_version < "3.12"'),
        ("1.0.0", 'python_version >= "3.12"'),
    ]
    (package,) = found.packages
    assert [file.name for file in package.files] == ["alpha-1.0.0-py3-none-any.whl"]


def test_no_line_for_these_pythons_is_no_question(tmp_path: Path) -> None:
    uv = fake_uv(tmp_path, lambda _words, _folder: completed(1))

    assert look_up(uv, tmp_path, pinned("old", marker='python_version < "3.8"')) == pins.Found(pins=(), packages=())
    assert uv.calls == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Because alpha==1.0 was yanked (reason: bad) and you require alpha==1.0, we can ...", "it was yanked (bad)"),
        ("Because alpha==1.0 depends on Python>=3.13, we can conclude that ...", "it needs Python >=3.13"),
        ("The moon is full.", "No solution found when resolving dependencies\nThe moon is full."),
    ],
)
def test_what_is_wrong_with_a_line_is_told(tmp_path: Path, text: str, said: str) -> None:
    uv = fake_uv(tmp_path, lambda _words, _folder: completed(1, stderr=f"{NONE}{text}\n"))

    with pytest.raises(ResolutionError) as caught:
        look_up(uv, tmp_path, pinned("alpha", line=3))

    assert caught.value.message == f"ci.txt:3: alpha==1.0: {said}"


def test_an_index_that_is_down_is_told_at_once(tmp_path: Path) -> None:
    text = "error: Failed to fetch: https://index.invalid/simple/alpha/\n  cause: Connection refused\n"
    uv = fake_uv(tmp_path, lambda _words, _folder: completed(2, stderr=text))

    with pytest.raises(ResolutionError, match=r"^the package index gave no answer: https://index\.invalid"):
        look_up(uv, tmp_path, pinned("alpha"), pinned("beta", line=2))
    assert len(uv.calls) == 1
