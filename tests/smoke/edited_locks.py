"""A lock as it may come back from an editor, a merge or a full disk: what is wrong, on which line, and what to do."""

from dataclasses import dataclass

from hermes.lockfile import write

ALPHA = "alpha-1.0-py3-none-any.whl"
ANEW = "run `hermes lock`: it makes the lock anew and keeps the pins that it can read"
HAND = "do not edit a lock by hand: change envfile.toml and run `hermes lock`"
MERGED = "run `hermes lock`: it mends the lock, keeping the pins of both sides that still fit"
NEWER = "use a newer hermes, or delete the lock and run `hermes lock`"

_PIN = '    { name = "alpha", version = "1.0" },\n'
_OTHER_PIN = '    { name = "alpha", version = "2.0", marker = \'sys_platform == "linux"\' },\n'
_OTHER_PACKAGE = f"""\
[[packages]]
name = "alpha"
version = "2.0"
dependencies = []
files = [
    {{ name = "alpha-2.0-py3-none-any.whl", sha256 = "{"0" * 64}" }},
]

"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """The text of an edited lock, a part of the line that is named, what is said of it, and the hint."""

    text: str
    at: str
    what: str
    hint: str = ANEW

    @property
    def printed(self) -> str:
        """All that hermes says."""
        lines = self.text.splitlines() or [""]
        (number, *_) = (number for number, line in enumerate(lines, start=1) if self.at in line)
        return f"hermes: error: envfile.lock:{number}: {self.what}\nhermes: hint: {self.hint}\n"


def merged(text: str) -> str:
    """Return a lock as git leaves it where both sides changed its digest."""
    start = text.index('digest = "')
    end = text.index("\n", start) + 1
    theirs = f'digest = "sha256:{"0" * 64}"\n'
    return f"{text[:start]}<<<<<<< HEAD\n{text[start:end]}=======\n{theirs}>>>>>>> theirs\n{text[end:]}"


def edits(text: str) -> dict[str, Edited]:
    """Edit the lock of a `projects.PLAIN` in every way."""
    file = next(line for line in text.splitlines() if ALPHA in line)
    cut = text[: text.rindex("sha256") + 12]
    pins = text[text.index("pins = [") : text.index("]\n", text.index("pins = [")) + 2]
    pinned_twice, _, rest = text.replace(_PIN, _PIN + _OTHER_PIN).partition('[[packages]]\nname = "dotted')
    first_digit = text.index('sha256 = "') + 10
    other_digit = f"{int(text[first_digit], 16) ^ 1:x}"
    return {
        "empty": Edited(text="", at="", what="the lock is empty"),
        "cut off in a line": Edited(
            text=cut,
            at=cut.splitlines()[-1],
            what="the lock ends in the middle of something: it was cut off, or edited by hand",
        ),
        "cut off between tables": Edited(
            text=text[: text.index("[[packages]]")],
            at='{ name = "alpha"',
            what="environments.unit: alpha 1.0 is pinned but has no entry in packages",
        ),
        "merge markers": Edited(
            text=merged(text),
            at="<<<<<<<",
            what="merge conflict (<<<<<<<): git could not merge this lock",
            hint=MERGED,
        ),
        "an unknown version": Edited(
            text=write.seal(text.replace("lock-version = 1", "lock-version = 99")),
            at="lock-version",
            what="lock-version 99 is unknown: this hermes knows 1",
            hint=NEWER,
        ),
        "no packages though some are asked for": Edited(
            text=write.seal(text[: text.index("[[packages]]")].replace(pins, "pins = []\n")),
            at="pins = []",
            what="environments.unit: pins are empty, and dotted-name-x was asked for",
        ),
        "MD5 only": Edited(
            text=write.seal(text.replace(file, f'    {{ name = "{ALPHA}", md5 = "{"0" * 32}" }},')),
            at=ALPHA,
            what=f"{ALPHA} is hashed by md5, and a lock holds sha256 only",
        ),
        "MD5 as sha256": Edited(
            text=write.seal(text.replace(file, f'    {{ name = "{ALPHA}", sha256 = "{"0" * 32}" }},')),
            at=ALPHA,
            what=f"the hash of {ALPHA} is no sha256 but MD5: 32 hex digits instead of 64",
        ),
        "no hash": Edited(
            text=write.seal(text.replace(file, f'    {{ name = "{ALPHA}" }},')),
            at=ALPHA,
            what=f"{ALPHA} has no sha256",
        ),
        "overlapping markers": Edited(
            text=write.seal(f'{pinned_twice}{_OTHER_PACKAGE}[[packages]]\nname = "dotted{rest}'),
            at=_OTHER_PIN.strip(),
            what="environments.unit: alpha is pinned twice for the same Pythons: 1.0 everywhere, "
            'and 2.0 where sys_platform == "linux"',
        ),
        "another version": Edited(
            text=text.replace(_PIN, _PIN.replace("1.0", "1.1")),
            at='version = "1.1"',
            what="environments.unit: alpha 1.1 is pinned but has no entry in packages",
        ),
        "another hash": Edited(
            text=text[:first_digit] + other_digit + text[first_digit + 1 :],
            at="digest = ",
            what="the digest is not that of this lock: it was edited by hand, merged or cut off",
            hint=HAND,
        ),
        "a comment": Edited(
            text=text.replace("[environments.unit]", "# ours\n[environments.unit]"),
            at="# ours",
            what="this line is not as hermes writes it: the lock was edited by hand or merged",
            hint=HAND,
        ),
    }


NAMES = (
    "empty",
    "cut off in a line",
    "cut off between tables",
    "merge markers",
    "an unknown version",
    "no packages though some are asked for",
    "MD5 only",
    "MD5 as sha256",
    "no hash",
    "overlapping markers",
    "another version",
    "another hash",
    "a comment",
)
