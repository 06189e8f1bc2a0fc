import pytest

from hermes.errors import ResolutionError
from hermes.model.lock import Lock, LockedFile, LockedPackage
from hermes.uv import merge


def package(*edges: str, files: dict[str, str] | None = None, content: str | None = None) -> LockedPackage:
    return LockedPackage(
        name="alpha",
        version="1.0",
        dependencies=edges,
        files=tuple(
            LockedFile(name=name, sha256=digest, content=content) for name, digest in (files or {"a.whl": "1"}).items()
        ),
    )


def lock(*packages: LockedPackage) -> Lock:
    return Lock(environments={}, packages={(each.name, each.version): each for each in packages})


def test_edges_and_files_of_both_are_kept() -> None:
    known = {("alpha", "1.0"): package("beta", 'tom; extra == "x"', files={"b.whl": "2"})}

    merge.packages(known, [package('beta; python_full_version < "3.12"', "zeta")])

    assert known["alpha", "1.0"] == package("beta", 'tom; extra == "x"', "zeta", files={"a.whl": "1", "b.whl": "2"})


def test_a_file_that_changed_meanwhile_is_refused() -> None:
    with pytest.raises(ResolutionError, match=r"^the index changed a\.whl while"):
        merge.packages({("alpha", "1.0"): package()}, [package(files={"a.whl": "2"})])


def test_content_digests_are_kept_for_the_same_bytes() -> None:
    found = {("alpha", "1.0"): package(files={"a.whl": "1", "new.whl": "3"})}

    kept = merge.carried_over(found, lock(package(content="c")), changeable=False)

    assert [(file.name, file.content) for file in kept["alpha", "1.0"].files] == [("a.whl", "c"), ("new.whl", None)]
    assert merge.carried_over(found, None, changeable=False) == found


@pytest.mark.parametrize(
    ("changeable", "refused"),
    [
        (False, True),
        (frozenset[str](), True),
        (frozenset({"beta"}), True),
        (frozenset({"Alpha"}), False),
        (True, False),
    ],
)
def test_a_file_whose_hash_changed_is_refused_unless_upgraded(changeable: bool | frozenset[str], refused: bool) -> None:
    found = {("alpha", "1.0"): package(files={"a.whl": "2"})}
    old = lock(package(content="c"))

    if refused:
        with pytest.raises(
            ResolutionError, match="is not the file that was locked: the lock has sha256 1, the index now 2"
        ):
            merge.carried_over(found, old, changeable=changeable)
    else:
        assert merge.carried_over(found, old, changeable=changeable) == found
