import pytest

from fakes import plans
from hermes.envfile import substitute
from hermes.envfile.substitute import Values
from hermes.model.event import JobStarted, Status
from hermes.report import masking, run


def test_the_secrets_of_sessions_come_once_and_sorted() -> None:
    sessions = [plans.session("unit", secrets=("TOKEN", "KEY")), plans.session("lint", secrets=("TOKEN",))]
    assert masking.names(sessions) == ("KEY", "TOKEN")
    assert masking.names([plans.session("unit")]) == ()


def test_a_secret_among_the_words_of_a_command_is_hidden() -> None:
    event = plans.ran("unit-3.12", "curl", "-H", "Authorization: hunter2", "hunter2", status=1)
    assert masking.masked(event, ["hunter2"]) == plans.ran(
        "unit-3.12", "curl", "-H", "Authorization: ****", "****", status=1
    )


def test_a_secret_in_a_reason_is_hidden_also_where_its_lines_were_joined() -> None:
    key = "BEGIN\nabc\n  def\nEND\n"
    reason = run.why(plans.ran("unit-3.12", "sign", key, status=1))
    assert reason == "sign BEGIN abc def END: exit status 1"
    event = masking.masked(plans.ended("unit-3.12", Status.FAILED, reason), [key])
    assert event == plans.ended("unit-3.12", Status.FAILED, "sign ****: exit status 1")


SECRET = """it's a "$ecret" \\ of `many`\n  lines\t!"""


@pytest.mark.parametrize("template", ["print {env.T}", "print '{env.T}'", 'print "{env.T}"', "print a{env.T}b"])
def test_a_secret_is_hidden_as_a_shell_gets_it(template: str) -> None:
    values = Values(project="", tmp="", outputs="", session_outputs={}, python="", python_version="", env={"T": SECRET})
    text = substitute.expand_shell(template, values)
    for each in (text, run.command(("sh", "-c", text)), f"no program {SECRET!r}"):
        hidden = masking.hide(each, [SECRET])
        assert masking.HIDDEN in hidden
        assert not any(part in hidden for part in ("ecret", "many", "lines"))


def test_the_longest_secret_is_hidden_first() -> None:
    assert masking.hide("abcdef abc", ["abc", "abcdef"]) == "**** ****"


def test_an_unset_secret_hides_nothing() -> None:
    assert masking.hide("pytest  -q", ["", "  "]) == "pytest  -q"


def test_other_events_are_as_they_were() -> None:
    event = JobStarted(job="unit-3.12", time=1.0)
    assert masking.masked(event, ["unit"]) is event
