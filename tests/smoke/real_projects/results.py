"""What a suite said of itself: the counts and the passed tests of a JUnit file that pytest wrote."""

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """The outcome of a suite; `ids` are the passed tests, sorted."""

    passed: int
    failed: int
    skipped: int
    xfailed: int
    ids: tuple[str, ...]

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """How many passed, failed, were skipped and failed as expected."""
        return (self.passed, self.failed, self.skipped, self.xfailed)


def read(file: Path) -> Results:
    """Read a JUnit file."""
    passed, failed, skipped, xfailed = [], 0, 0, 0
    for case in ET.parse(file).iter("testcase"):
        omitted = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif omitted is not None and omitted.get("type") == "pytest.xfail":
            xfailed += 1
        elif omitted is not None:
            skipped += 1
        else:
            passed.append(f"{case.get('classname')}::{case.get('name')}")
    return Results(passed=len(passed), failed=failed, skipped=skipped, xfailed=xfailed, ids=tuple(sorted(passed)))
