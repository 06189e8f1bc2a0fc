import shlex
import string
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hermes.envfile import substitute
from hermes.envfile.substitute import Values
from hermes.errors import UsageError
from hermes.model.project import Command, Where

VALUES = Values(
    posargs=(),
    project="/home/me/my project",
    tmp="/tmp/job",
    outputs="/out/unit",
    session_outputs={"unit": ("/out/unit-3.11", "/out/unit-3.12"), "idle": ()},
    python="/env/bin/python",
    python_version="3.12.1",
    env={"HOME": "/home/job", "TRICKY": "a;b=c \"d\" 'e' #f $g `h` \\i\n{j}"},
)
WHERE = Where(file="envfile.toml", line=1, key="sessions.unit.run")


def words(*templates: str, posargs: tuple[str, ...] = ()) -> list[str]:
    return substitute.expand_words(templates, replace(VALUES, posargs=posargs))


def test_every_name_has_its_value() -> None:
    text = "{project} {tmp} {outputs} {python} {python.version} {env.HOME}"
    expected = "/home/me/my project /tmp/job /out/unit /env/bin/python 3.12.1 /home/job"
    assert substitute.expand(text, VALUES) == expected
    assert words(text) == [expected]


def test_braces() -> None:
    assert substitute.expand("{{tmp}} {{{tmp}}} }}{{", VALUES) == "{tmp} {/tmp/job} }{"
    assert words("{{posargs}}", posargs=("a",)) == ["{posargs}"]


def test_a_value_is_not_substituted_again() -> None:
    assert substitute.expand("{env.TRICKY}", VALUES) == VALUES.env["TRICKY"]


def test_posargs_become_as_many_words_as_were_given() -> None:
    assert words("pytest", "{posargs}") == ["pytest"]
    assert words("pytest", "{posargs}", "-q", posargs=("-k", "a b", "")) == ["pytest", "-k", "a b", "", "-q"]


def test_default_words_stand_where_no_words_were_given() -> None:
    assert words("{posargs:-k 'a b' tests}") == ["-k", "a b", "tests"]
    assert words("{posargs:-k 'a b' tests}", posargs=("x",)) == ["x"]
    assert words("{posargs:}") == []


def test_outputs_of_a_session_become_a_word_for_each_job() -> None:
    assert words("combine", "{outputs.unit}") == ["combine", "/out/unit-3.11", "/out/unit-3.12"]
    assert words("{tmp}:{outputs.unit}/x") == ["/tmp/job:/out/unit-3.11/x", "/tmp/job:/out/unit-3.12/x"]


@pytest.mark.parametrize("session", ["idle", "other"])
def test_a_session_without_outputs_is_an_error(session: str) -> None:
    with pytest.raises(UsageError, match=f'session "{session}" has no outputs') as caught:
        words(f"{{outputs.{session}}}")
    assert caught.value.hint == f"hermes run {session}"


def test_a_variable_that_is_not_there_is_an_error() -> None:
    with pytest.raises(UsageError, match=r"\{env\.NONE\}: the session has no variable NONE"):
        words("{env.NONE}")


@pytest.mark.parametrize(
    ("text", "posargs_allowed", "problem"),
    [
        ("plain {tmp}", False, None),
        ("{posargs}", True, None),
        ("{posargs}", False, "{posargs} stands for several words and cannot stand here, only in a command"),
        ("{outputs.unit}", False, "{outputs.unit} stands for several words and cannot stand here, only in a command"),
        ("{outputs.unit}/x", True, None),
        (
            "{outputs.a}{outputs.b}",
            True,
            "{outputs.b} stands for several folders, and a word can hold only one such substitution",
        ),
        ("-k{posargs}", True, '{posargs} must be a word by itself, and cannot be a part of "-k{posargs}"'),
        ("{posargs:'}", True, "the default words of {posargs:'} cannot be split: no closing quotation"),
        ("a{b", True, 'the "{" of "a{b" has no partner; a literal one is "{{"'),
        ("{{a}", True, 'the "}" of "{{a}" has no partner; a literal one is "}}"'),
        ("{temp}", True, '{temp} is no substitution (literal braces: {{ and }}); did you mean "tmp"?'),
        (
            "{python.versoin}",
            True,
            '{python.versoin} is no substitution (literal braces: {{ and }}); did you mean "python.version"?',
        ),
    ],
)
def test_checking_a_template(text: str, posargs_allowed: bool, problem: str | None) -> None:
    found = substitute.check_template(text, posargs_allowed=posargs_allowed)
    assert found == ([] if problem is None else [problem])


def test_every_problem_of_a_template_is_told_once() -> None:
    assert substitute.check_template("{posarg} {env.HOME} {nope.x} {posarg} {", posargs_allowed=True) == [
        '{posarg} is no substitution (literal braces: {{ and }}); did you mean "posargs"?',
        substitute.check_template("{nope.x}", posargs_allowed=True)[0],
        'the "{" of "{posarg} {env.HOME} {nope.x} {posarg} {" has no partner; a literal one is "{{"',
    ]
    assert len(substitute.check_shell("{nope} '{posargs}' \\{tmp}")) == 3


@pytest.mark.parametrize(
    "text", ["{}", "{env.}", "{env.A-B}", "{outputs.}", "{TMP}", "{ tmp }", "{matrix.django}", "{service.port}"]
)
def test_what_is_no_substitution(text: str) -> None:
    (problem,) = substitute.check_template(text, posargs_allowed=True)
    assert problem.startswith(f"{text} is no substitution")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("echo {posargs} '{tmp}' \"{tmp}\"", None),
        ("# don't\necho {posargs}", None),
        ("echo a#'{tmp}' {posargs}", None),
        ("echo '\\' {posargs}", None),
        ('echo "\\"" {posargs}', None),
        ("echo \\' {posargs}", None),
        ('"{posargs}"', "{posargs} stands for words that are each quoted as needed: drop the quotes around it"),
        (
            "'{outputs.unit}'",
            "{outputs.unit} stands for words that are each quoted as needed: drop the quotes around it",
        ),
        ("\\{tmp}", "a backslash cannot stand before {tmp}: its value is quoted where it needs to be"),
        ('"\\{tmp}"', "a backslash cannot stand before {tmp}: its value is quoted where it needs to be"),
        ("${HOME}", "{HOME} is no substitution"),
    ],
)
def test_checking_shell_text(text: str, problem: str | None) -> None:
    found = substitute.check_shell(text)
    assert len(found) == (problem is not None)
    assert all(each.startswith(problem or "") for each in found)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("make | tee log", ["|"]),
        ("a || b && c & d ; e", ["||", "&&", "&", ";"]),
        ("cd x; make", ["x;"]),
        ("cd 'x y'; make", ["'x y';"]),
        ("pytest >log 2>&1 <in", [">log", "2>&1", "<in"]),
        ("a >> b < c", [">>", "<"]),
        ("pytest {posargs:a | b}", ["|"]),
        ("find . -exec echo {{}} \\;", []),
        ("echo '|' \"&&\" 'x;' \"a ; b\" \\&", []),
        ("pytest -k 'a | b' x>1 a|b http://x/?a&b", []),
        ("{{posargs:a}} {posargs:'a;'}", []),
    ],
)
def test_words_that_a_shell_takes_for_syntax(text: str, found: list[str]) -> None:
    assert substitute.shell_syntax(text) == found


@given(st.lists(st.text(st.sampled_from("ab|&;<>2 '\"\\"), min_size=1), min_size=1))
def test_quoted_words_are_no_syntax(argv: list[str]) -> None:
    assert substitute.shell_syntax(shlex.join(argv)) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pytest -q  tests", ["pytest", "-q", "tests"]),
        ("sh -c 'echo \"a b\"'", ["sh", "-c", 'echo "a b"']),
        ("pytest {posargs:-k 'a b' tests} -q", ["pytest", "{posargs:-k 'a b' tests}", "-q"]),
        ("'{posargs:a b}'", ["{posargs:a b}"]),
        ("{{posargs:a b}}", ["{{posargs:a", "b}}"]),
        ("{{{{{posargs:a b}", ["{{{{{posargs:a b}"]),
        ("echo #x", ["echo", "#x"]),
        ("", []),
    ],
)
def test_splitting(text: str, expected: list[str]) -> None:
    assert substitute.split(text) == expected


def test_text_that_cannot_be_split() -> None:
    with pytest.raises(ValueError, match="cannot be split into words: no closing quotation"):
        substitute.split("echo 'a")


@pytest.mark.parametrize(
    ("command", "takes"),
    [
        (Command(words=("pytest", "{posargs}"), where=WHERE), True),
        (Command(words=("pytest", "{posargs:tests}"), where=WHERE), True),
        (Command(words=("pytest", "{{posargs}}"), where=WHERE), False),
        (Command(shell="pytest {posargs} | tee log", where=WHERE), True),
        (Command(shell="pytest", where=WHERE), False),
    ],
)
def test_commands_that_take_posargs(command: Command, takes: bool) -> None:
    assert substitute.takes_posargs(command) is takes


def test_sessions_that_a_template_names() -> None:
    assert substitute.sessions_named("{outputs.unit} {outputs} {{outputs.x}} {outputs.a.b}") == ["unit", "a.b"]


@given(st.text())
def test_doubled_braces_give_any_text_back(text: str) -> None:
    template = text.replace("{", "{{").replace("}", "}}")
    assert substitute.check_template(template, posargs_allowed=False) == []
    assert substitute.expand(template, VALUES) == text
    assert words(template) == [text]


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=1))
def test_a_quoted_command_is_split_into_its_words(argv: list[str]) -> None:
    templates = [word.replace("{", "{{").replace("}", "}}") for word in argv]
    assert words(*substitute.split(shlex.join(templates))) == argv


@given(st.text(st.sampled_from(string.printable + "é;='\"#"), max_size=30), st.text(max_size=5))
def test_values_of_variables_survive(value: str, around: str) -> None:
    literal = around.replace("{", "{{").replace("}", "}}")
    values = replace(VALUES, env={"X": value})
    assert substitute.expand(f"{literal}{{env.X}}{literal}", values) == around + value + around


@given(st.text(max_size=12))
def test_any_text_is_refused_or_expanded(text: str) -> None:
    if not substitute.check_template(text, posargs_allowed=False):
        substitute.expand(text, VALUES)
    if not substitute.check_template(text, posargs_allowed=True) and "{env" not in text and "{outputs." not in text:
        substitute.expand_words([text], VALUES)


@given(
    st.text(st.sampled_from("ab '\"\\!*;&|<>(){}#~\n=é"), min_size=1, max_size=12),
    st.lists(st.text("a '\"$\\", max_size=4)),
)
def test_a_shell_sees_values_as_they_are(value: str, posargs: list[str]) -> None:
    values = replace(VALUES, tmp=value, posargs=tuple(posargs))
    text = substitute.expand_shell("printf %s {tmp} \"x{tmp}y\" 'x{tmp}y' {posargs}", values)
    assert shlex.split(text) == ["printf", "%s", value, f"x{value}y", f"x{value}y", *posargs]


def test_between_double_quotes_the_shell_takes_no_value_for_its_own() -> None:
    values = replace(VALUES, tmp='/a "b" $c `d` \\e')
    assert substitute.expand_shell('cat "{tmp}/x"', values) == 'cat "/a \\"b\\" \\$c \\`d\\` \\\\e/x"'
