import pytest

from hermes.model.request import PythonRequest, parse_request


@pytest.mark.parametrize(
    ("text", "kind", "implementation", "version", "free_threaded", "specifier"),
    [
        ("3.11", "version", "cpython", "3.11", False, "==3.11.*"),
        ("3.12.1", "exact", "cpython", "3.12.1", False, "==3.12.1"),
        ("3.14.0rc1", "exact", "cpython", "3.14.0rc1", False, "==3.14.0rc1"),
        ("3.13t", "version", "cpython", "3.13", True, "==3.13.*"),
        ("3.13.1t", "exact", "cpython", "3.13.1", True, "==3.13.1"),
        ("pypy3.11", "version", "pypy", "3.11", False, "==3.11.*"),
        (">=3.12,<3.14", "range", "cpython", "<3.14,>=3.12", False, "<3.14,>=3.12"),
        ("~=3.11", "range", "cpython", "~=3.11", False, "~=3.11"),
        ("/usr/bin/python3", "path", "", "", False, None),
        ("./tools/python", "path", "", "", False, None),
        ("C:\\Python\\python.exe", "path", "", "", False, None),
    ],
)
def test_a_request_is_parsed(
    *, text: str, kind: str, implementation: str, version: str, free_threaded: bool, specifier: str | None
) -> None:
    request = parse_request(text)
    assert (request.text, request.kind, request.implementation) == (text, kind, implementation)
    assert (request.version, request.free_threaded, request.specifier()) == (version, free_threaded, specifier)


@pytest.mark.parametrize(
    "text", ["", "3", "3.", "python3.11", "3.11 ", "v3.11", "3.11.x", "pypy3.11t", "py311", "3.11rc1"]
)
def test_what_is_no_python_says_what_was_expected(text: str) -> None:
    with pytest.raises(ValueError, match=r'is not a Python: expected a Python such as "3\.12"'):
        parse_request(text)


def test_a_bad_range_says_so() -> None:
    with pytest.raises(ValueError, match="is not a range of Pythons: expected one such as"):
        parse_request(">=three")
    with pytest.raises(ValueError, match="write == instead of ==="):
        parse_request("===3.12")


@pytest.mark.parametrize(
    ("text", "implementation", "version", "free_threaded", "matches"),
    [
        ("3.11", "cpython", "3.11.7", False, True),
        ("3.1", "cpython", "3.11.7", False, False),
        ("3.11", "CPython", "3.11.7+", False, True),
        ("3.11", "pypy", "3.11.7", False, False),
        ("pypy3.11", "pypy", "3.11.7", False, True),
        ("3.14", "cpython", "3.14.0rc1", False, True),
        ("3.13", "cpython", "3.13.0", True, False),
        ("3.13t", "cpython", "3.13.0", True, True),
        ("3.13t", "cpython", "3.13.0", False, False),
        ("3.12.1", "cpython", "3.12.1", False, True),
        ("3.12.1", "cpython", "3.12.1+", False, True),
        ("3.12.1", "cpython", "3.12.10", False, False),
        ("3.14.0rc1", "cpython", "3.14.0rc1", False, True),
        (">=3.12,<3.14", "cpython", "3.13.9", False, True),
        (">=3.12,<3.14", "cpython", "3.14.0rc1", False, False),
        (">=3.12", "cpython", "3.15.0a1", False, False),
        (">=3.15.0a1", "cpython", "3.15.0a2", False, True),
        (">=3.12", "cpython", "3.13.0", True, False),
        ("/usr/bin/python3", "pypy", "2.7.18", False, True),
    ],
)
def test_matching(text: str, implementation: str, version: str, free_threaded: bool, matches: bool) -> None:
    assert parse_request(text).matches(implementation, version, free_threaded) is matches


def test_canonical_spelling() -> None:
    assert parse_request("<3.14,>=3.12").canonical == parse_request(">=3.12, <3.14").canonical
    assert parse_request("3.12").canonical != parse_request("3.12.1").canonical


def test_requests_are_values() -> None:
    assert parse_request("3.12") == PythonRequest(text="3.12", kind="version", implementation="cpython", version="3.12")
