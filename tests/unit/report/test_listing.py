import json

from fakes import plans
from hermes.report import listing
from hermes.report.style import Style

PROJECT = plans.project(
    plans.session("lint", environment="lint", tags=("quick",)),
    plans.session("unit", python=("3.11", "3.12")),
    plans.session("soak", layer="smoke", tags=("slow", "net"), default=False),
    environments=[plans.environment("lint"), plans.environment("test", package="editable")],
)
SESSIONS = tuple(PROJECT.sessions.values())
TITLE = "session  layer  python     environment (package)  tags"
ROWS = """\
lint     -      3.12       lint (none)            quick
unit     unit   3.11 3.12  test (editable)
soak     smoke  3.12       test (editable)        slow net not by default"""


def test_a_line_for_each_session() -> None:
    assert listing.table(PROJECT, SESSIONS, Style()) == f"{TITLE}\n{ROWS}"


def test_the_titles_are_bold() -> None:
    assert listing.table(PROJECT, SESSIONS, Style(color=True)) == f"\x1b[1m{TITLE}\x1b[0m\n{ROWS}"


def test_columns_are_as_wide_as_what_stands_in_them() -> None:
    assert listing.table(PROJECT, SESSIONS[:1], Style()).splitlines() == [
        "session  layer  python  environment (package)  tags",
        "lint     -      3.12    lint (none)            quick",
    ]
    assert listing.table(PROJECT, (), Style()) == "session  layer  python  environment (package)  tags"


def test_sessions_as_json() -> None:
    assert json.loads(json.dumps(listing.as_json(PROJECT, SESSIONS[1:]))) == {
        "format": "hermes-list-1",
        "layers": ["unit", "integration", "smoke"],
        "sessions": [
            {
                "name": "unit",
                "layer": "unit",
                "python": ["3.11", "3.12"],
                "environment": "test",
                "package": "editable",
                "tags": [],
                "default": True,
            },
            {
                "name": "soak",
                "layer": "smoke",
                "python": ["3.12"],
                "environment": "test",
                "package": "editable",
                "tags": ["slow", "net"],
                "default": False,
            },
        ],
    }
