import pytest

from hermes.report.style import Style


@pytest.mark.parametrize(
    ("name", "code"), [("bold", 1), ("dim", 2), ("red", 31), ("green", 32), ("yellow", 33), ("cyan", 36)]
)
def test_colours(name: str, code: int) -> None:
    assert Style(color=True).paint(name, "text") == f"\x1b[{code}mtext\x1b[0m"
    assert Style().paint(name, "text") == "text"


def test_nothing_is_not_painted() -> None:
    assert Style(color=True).paint("red", "") == ""
