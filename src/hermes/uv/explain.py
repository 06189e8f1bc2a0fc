"""Why a resolution failed, in the words of the envfile: which environment, which requirement, through which chain."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from hermes.errors import ResolutionError
from hermes.model.lock import WantedEnvironment
from hermes.model.project import BUILD_ENVIRONMENT
from hermes.uv import derivation, ranges
from hermes.uv.derivation import Derivation, Need
from hermes.uv.synthetic import NAME, Member

_UNREACHABLE = re.compile(
    r"Failed to fetch: `?(?P<url>\S+?)`?$|error sending request for url \((?P<sent>[^)]+)\)", re.MULTILINE
)
_REFUSED = re.compile(
    r"An index URL \((?P<url>[^)]+)\) (?:could not be queried due to|returned).*?\((?P<status>40[13] [^)]+)\)"
)
_STATUS = re.compile(r"HTTP status (?:client|server) error \((?P<status>[^)]+)\)")
_SPLIT = re.compile(
    r"No solution found when resolving dependencies for split \(markers: (?P<where>.*)\)$", re.MULTILINE
)
_ONE_MINOR = re.compile(r"\(markers: python_full_version == '(?P<minor>\d+\.\d+)\.\*'\)$", re.MULTILINE)
_EVERY_PLATFORM = re.compile(
    r"\((?P<where>[^()]*) and sys_platform == 'darwin'\) or \((?P=where) and sys_platform == 'linux'\)"
    r" or \((?P=where) and sys_platform == 'win32'\)"
)
"""How uv writes a marker that says nothing of the platform, where it resolves for three of them."""
_OUR_HINTS = (
    "The `requires-python` value",
    "Wheels are required for",
    "Packages were unavailable because the network",
    "While the active Python",
)
_CHATTER = ("Using CPython", "Using Python", "Using PyPy", "Resolved ", "warning: ")

CHANGE = "change one of these requirements, or put them into different environments"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reason:
    headline: str
    about: str
    hint: str


def label(name: str) -> str:
    """Name an environment as the user knows it."""
    return "the build environment of the package" if name == BUILD_ENVIRONMENT else f"environments.{name}"


def explain(text: str, members: Sequence[Member], *, known: Sequence[str] = ()) -> ResolutionError:
    """Explain what uv wrote when it found no solution for `members`; `known` are names that might have been meant."""
    text = _EVERY_PLATFORM.sub(r"\g<where>", text)
    cleaned = clean(text, {f"{NAME}:{member.group}": label(member.wanted.name) for member in members})
    fetching = unreachable(text)
    if fetching is not None:
        return fetching
    facts = derivation.parse(prose(text))
    member = _failing(facts, members)
    minor = _ONE_MINOR.search(text)
    pythons = minor["minor"] if minor else ranges.specifier(member.pythons)
    reason = _reason(facts, member, pythons, known)
    if reason is None:
        return _error(
            f"{' and '.join(label(each.wanted.name) for each in members)}: the requirements have no solution",
            [],
            cleaned,
            CHANGE,
        )
    return _error(
        f"{label(member.wanted.name)}: {reason.headline}", _askers(facts, member, reason.about), cleaned, reason.hint
    )


def unreachable(text: str) -> ResolutionError | None:
    """Tell that the index gave no answer or wants credentials, where that is what a text of uv's says."""
    refused = _REFUSED.search(text)
    if refused:
        return ResolutionError(
            f"the package index at {refused['url']} wants credentials that it accepts ({refused['status']})",
            hint="put them into the URL in UV_DEFAULT_INDEX, or into a .netrc file; hermes never writes them anywhere",
        )
    match = _UNREACHABLE.search(text)
    if match is None:
        return None
    status = _STATUS.search(text)
    why = status["status"] if status else text.strip().splitlines()[-1].strip().removeprefix("cause: ")
    return ResolutionError(
        f"the package index gave no answer: {match['url'] or match['sent']}: {why}",
        hint="check the network, the proxy variables and UV_DEFAULT_INDEX; with --offline only the cache is asked",
    )


def clean(text: str, names: Mapping[str, str]) -> str:
    """Take uv's progress and its hints about its own options out of a text, and put the user's names into it."""
    kept: list[str] = []
    skipping = False
    for line in text.splitlines():
        stripped = line.strip()
        if line.startswith("hint: "):
            skipping = stripped.removeprefix("hint: ").startswith(_OUR_HINTS)
        if skipping or not stripped or stripped.startswith(_CHATTER):
            continue
        kept.append(stripped.removeprefix("error: ").removeprefix("cause: "))
    result = _SPLIT.sub(r"No solution found where \g<where>", "\n".join(kept))
    for synthetic, real in sorted(names.items(), key=lambda item: -len(item[0])):
        result = result.replace(synthetic, real)
    return result.replace("your project's requirements", "its requirements").replace(
        "your project requires", "hermes asks for"
    )


def prose(text: str) -> str:
    """Take the sentences about why there is no solution out of what uv wrote."""
    return " ".join(line for line in text.partition("\nhint: ")[0].splitlines() if "No solution found" not in line)


def _failing(facts: Derivation, members: Sequence[Member]) -> Member:
    """Return the member that the text is about: the first whose group is named in it."""
    return next((member for member in members if f"{NAME}:{member.group}" in facts.needs), members[0])


def _reason(facts: Derivation, member: Member, pythons: str, known: Sequence[str]) -> _Reason | None:
    root = f"{NAME}:{member.group}"
    for kind, name, detail in facts.troubles:
        if kind == "versionless" and len({chain[-1].spec for chain in facts.chains(root, name)}) > 1:
            continue
        if kind == "versionless":
            return _versionless(facts, member, name)
        return _unavailable(kind, name, detail, pythons=pythons, known=known)
    for name, needs in facts.needs.items():
        for need in needs:
            if need.name == derivation.PYTHON:
                return _Reason(
                    headline=f"{name}{need.by} needs Python {need.spec}, but the environment is for Python "
                    f"{ranges.specifier(member.pythons)}",
                    about=name,
                    hint="narrow the environment's `python`, ask for an older version, or write a marker",
                )
    disputed = [name for name in facts.disputed() if facts.chains(root, name)]
    if disputed:
        return _Reason(
            headline=f"no version of {disputed[0]} is right for all who ask for it", about=disputed[0], hint=CHANGE
        )
    for name in facts.available:
        if facts.chains(root, name):
            return _versionless(facts, member, name)
    return None


def _versionless(facts: Derivation, member: Member, name: str) -> _Reason:
    asked = dict.fromkeys(chain[-1].spec for chain in facts.chains(f"{NAME}:{member.group}", name))
    others = f", only {facts.available[name]}" if name in facts.available else ""
    return _Reason(
        headline=f"the index has no {' or '.join(f'{name}{spec}' for spec in asked) or name}{others}",
        about=name,
        hint="ask for a version that the index has",
    )


def _unavailable(kind: str, name: str, detail: str, *, pythons: str, known: Sequence[str]) -> _Reason:
    if kind == "missing":
        near = get_close_matches(name, sorted({*known} - {name}), n=2)
        hint = f"did you mean {' or '.join(near)}?" if near else "check the spelling, and that UV_DEFAULT_INDEX has it"
        return _Reason(headline=f"the index has no package called {name}", about=name, hint=hint)
    if kind == "uncached":
        return _Reason(
            headline=f"{name} is not in the wheel cache, and the index may not be asked (--offline)",
            about=name,
            hint="run the command once without --offline",
        )
    if kind == "wheelless":
        return _Reason(
            headline=f"{name} has no wheel that fits Python {pythons}",
            about=name,
            hint="ask for a version that has wheels; building dependencies from source is not supported yet",
        )
    return _Reason(
        headline=f"{name} was yanked from the index{f' ({detail})' if detail else ''}",
        about=name,
        hint=f"ask for another version of {name}",
    )


def _askers(facts: Derivation, member: Member, about: str) -> list[str]:
    """Write a line for each way from a requirement to `about`; what differs by version is put into one line."""
    ways: dict[tuple[str, ...], list[tuple[Need, ...]]] = {}
    for chain in facts.chains(f"{NAME}:{member.group}", about):
        ways.setdefault(tuple(need.name for need in chain), []).append(chain)
    return [_asker(chains, member.wanted) for chains in ways.values()]


def _asker(chains: Sequence[Sequence[Need]], wanted: WantedEnvironment) -> str:
    first, *between = chains[0][:-1] or chains[0]
    specs = list(dict.fromkeys(chain[-1].spec for chain in chains))
    asked = [r for r in wanted.requirements if canonicalize_name(Requirement(r.text).name) == first.name]
    direct = len(chains[0]) == 1
    exact = [r for r in asked if direct and any(_same_versions(r.text, spec) for spec in specs)]
    start = ", ".join(f"{r.text} ({r.where})" for r in exact or asked) or f"{first.name}{first.spec}"
    if direct:
        return f"  {start}"
    last = chains[0][-1].name
    steps = [*(f"{need.name}{need.spec}" for need in between), " or ".join(f"{last}{spec}" for spec in specs)]
    return f"  {start} needs {', which needs '.join(steps)}" + (", by version" if len(specs) > 1 else "")


def _same_versions(text: str, spec: str) -> bool:
    return {str(item) for item in Requirement(text).specifier} == {part for part in spec.split(",") if part}


def _error(headline: str, askers: Sequence[str], detail: str, hint: str | None) -> ResolutionError:
    lines = [headline, *askers]
    if detail:
        lines += ["uv says:", *(f"  {line}" for line in detail.splitlines())]
    return ResolutionError("\n".join(lines), hint=hint)
