"""uv's prose about why there is no solution, taken apart into facts: who needs what, and what cannot be had."""

import re
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from packaging.utils import canonicalize_name

from hermes.uv.synthetic import GROUP, NAME

PYTHON = "python"

_TERM = (
    r"(?:all versions of |all of |one of )?"
    rf"(?P<{{0}}name>{NAME}:{GROUP}\d+|[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)"
    r"(?:\[[^\]]*\])?(?:\{{[^}}]*\}})?"
    r"(?P<{0}spec>(?:[<>=!~]=?[^\s,<>=!~]+)(?:, ?[<>=!~]=?[^\s,<>=!~]+)*)?"
)
_NEEDS = re.compile(
    rf"{_TERM.format('by')} depends? on {_TERM.format('on')}(?: and {_TERM.format('too')}(?=,|$))?",
)
_SENTENCE_END = re.compile(r"\.\s+(?=And because|Because|So,|\(\d+\))|\.\s*$")
_RECALLED = re.compile(r"we know from \(\d+\) that [^,]*,")
_FACTS = {
    "missing": re.compile(r"(?P<name>\S+) was not found in the package registry"),
    "uncached": re.compile(r"(?P<name>\S+) was not found in the cache"),
    "wheelless": re.compile(
        r"(?<![\w.<>=!~,-])(?P<name>[A-Za-z0-9][\w.-]*?)(?:[<>=!~]=?\S+)?"
        r" (?:has|have) no (?:usable |`[^`]*`-compatible )?wheels"
    ),
    "yanked": re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*?)==(?P<spec>\S+) was yanked(?: \(reason: (?P<why>[^)]*)\))?"),
    "versionless": re.compile(r"there (?:is|are) no versions? of (?P<name>[A-Za-z0-9][\w.-]*)"),
}
_AVAILABLE = re.compile(r"only (?P<name>[A-Za-z0-9][\w.-]*?)(?:\{[^}]*\})?(?P<spec>[<>=!~]=?\S+) is available")
_SEVERAL = re.compile(
    r"only the following versions of (?P<name>[A-Za-z0-9][\w.-]*)(?:\{[^}]*\})? are available:"
    r"(?P<specs>(?: (?P=name)\S+)+)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Someone needs a version of `name`: any where `spec` is empty. `by` is its version, empty for any."""

    name: str
    spec: str
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Derivation:
    """The facts of a text: what each one needs, and (kind, package, detail) of what cannot be had."""

    needs: Mapping[str, tuple[Need, ...]]
    troubles: tuple[tuple[str, str, str], ...]
    available: Mapping[str, str]

    def chains(self, root: str, target: str) -> tuple[tuple[Need, ...], ...]:
        """Give each shortest way from a group to a need of `target`, one per specifier and first step."""
        found: dict[tuple[str, str, str], tuple[Need, ...]] = {}
        followed: set[tuple[str, str]] = set()
        waiting: deque[tuple[Need, ...]] = deque((need,) for need in self.needs.get(root, ()))
        while waiting:
            chain = waiting.popleft()
            last = chain[-1]
            if last.name == target:
                found.setdefault((chain[0].name, last.spec, chain[-2].name if len(chain) > 1 else ""), chain)
                continue
            if (chain[0].name, last.name) not in followed:
                followed.add((chain[0].name, last.name))
                waiting.extend((*chain, need) for need in self.needs.get(last.name, ()))
        return tuple(found.values())

    def disputed(self) -> tuple[str, ...]:
        """Name the packages of which different versions are asked for, the one with the most askers first."""
        asked: dict[str, set[tuple[str, str]]] = {}
        for by, needs in self.needs.items():
            for need in needs:
                if need.name != PYTHON:
                    asked.setdefault(need.name, set()).add((by, need.spec))
        names = [name for name, pairs in asked.items() if len({spec for _, spec in pairs}) > 1]
        return tuple(sorted(names, key=lambda name: -len({by for by, _ in asked[name]})))


def parse(text: str) -> Derivation:
    """Take the facts out of a text; sentences of an unknown form say nothing."""
    needs: dict[str, list[Need]] = {}
    troubles: list[tuple[str, str, str]] = []
    available: dict[str, str] = {}
    for sentence in _premises(text):
        for match in _NEEDS.finditer(sentence):
            for name, spec in ((match["onname"], match["onspec"]), (match["tooname"], match["toospec"])):
                if name and _key(name) != _key(match["byname"]):
                    need = Need(name=_key(name), spec=(spec or "").replace(", ", ","), by=match["byspec"] or "")
                    listed = needs.setdefault(_key(match["byname"]), [])
                    if need not in listed:
                        listed.append(need)
        for kind, pattern in _FACTS.items():
            for match in pattern.finditer(sentence):
                detail = match.groupdict().get("why") or match.groupdict().get("spec") or ""
                troubles.append((kind, _key(match["name"]), detail))
        for match in _AVAILABLE.finditer(sentence):
            available[_key(match["name"])] = f"{_key(match['name'])}{match['spec']}"
        for match in _SEVERAL.finditer(sentence):
            available[_key(match["name"])] = " or ".join(match["specs"].split())
    return Derivation(
        needs={name: tuple(listed) for name, listed in needs.items()},
        troubles=tuple(dict.fromkeys(troubles)),
        available=available,
    )


def _premises(text: str) -> Sequence[str]:
    """Give what each sentence starts from, without what it concludes."""
    sentences = _SENTENCE_END.split(" ".join(text.split()))
    return [_RECALLED.sub("", sentence.partition("we can conclude that")[0]).strip() for sentence in sentences]


def _key(name: str) -> str:
    return name if name.startswith(f"{NAME}:") else canonicalize_name(name)
