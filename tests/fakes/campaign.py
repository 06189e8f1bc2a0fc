"""Kills of `hermes run`, in every step that it tells and spread over its length, and what has to be right after each.

All kills happen in one world: a project with a package, the wheels that it asks for, and a cache. Before a kill either
everything that hermes has made goes (a "cold" start) or only what is built (a "warm" one), so that the wheel cache
lives through many kills.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Self

from fakes import driven, projects
from fakes.driven import Victims
from fakes.index import Index
from hermes.store import check, layout
from hermes.store.store import Store
from hermes.system import files
from hermes.system.clock import Clock

Start = Literal["cold", "warm"]

SAID = ("alpha 1.0", "mine is new", "hermes: 2 passed, 0 failed")
"""Lines that every good run of the project prints."""

_TRIES = 4
"""How often a kill by time is tried, each time sooner, until it comes before the end of the run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A run that nothing disturbed: each step with the second in which it began, and the length of the whole."""

    steps: tuple[tuple[str, float], ...]
    length: float

    @property
    def names(self) -> tuple[str, ...]:
        """The steps by name, each once."""
        return tuple(dict.fromkeys(name for name, _ in self.steps))

    def last(self, step: str) -> int:
        """Return which one the last of several steps of a name is, counted from 0."""
        return sum(name == step for name, _ in self.steps) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """One kill: in which step it came, how it was aimed, and what was wrong afterwards."""

    step: str
    aimed: Literal["step", "time"]
    start: Start
    victims: Victims
    problems: tuple[str, ...]

    def __str__(self) -> str:
        who = "hermes alone" if self.victims == "hermes" else "hermes and all it had started"
        return f"{self.step} (aimed by {self.aimed}, {self.start}, killed {who}):\n  " + "\n  ".join(self.problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The project, its cache and what is right in them; `folder` holds everything."""

    folder: Path
    hermes: projects.Hermes
    checkout: projects.Checkout

    @classmethod
    def make(cls, folder: Path, index: Index, *, modules: int) -> Self:
        """Write the project and offer what it asks for, among that a wheel with so many modules."""
        projects.offer(index)
        index.make("bulky", "1.0", files={f"bulky/m{n}.py": f"number = {n}\n" * 200 for n in range(modules)})
        checkout = projects.Checkout.package(folder / "project")
        asked = 'requirements = ["Dotted.Name-x"]'
        checkout.edit("envfile.toml", asked, 'requirements = ["Dotted.Name-x", "bulky"]')
        temporary = folder / "tmp"
        temporary.mkdir()
        hermes = projects.Hermes.make(folder, index)
        hermes = replace(hermes, variables={**hermes.variables, "TMPDIR": str(temporary)}, timeout=driven.PATIENCE)
        return cls(folder=folder, hermes=hermes, checkout=checkout)

    def begin(self, start: Start) -> None:
        """Remove what hermes has made: everything, or only what is built."""
        if start == "cold":
            files.remove_tree(self.hermes.cache)
            self.checkout.lock.unlink(missing_ok=True)
        else:
            files.remove_tree(self.hermes.cache / layout.STORE)

    def measure(self, start: Start) -> Measured:
        """Run hermes undisturbed and return when its steps began."""
        self.begin(start)
        output = self.folder / "output"
        with driven.start(self.hermes, "run", at=self.checkout.folder, output=output) as run:
            steps = tuple(run.steps())
            assert run.end().status == 0, run.end()
        return Measured(steps=steps, length=steps[-1][1])

    def remembered(self) -> Mapping[str, bytes]:
        """Return what later builds and other machines rely on: the lock, and the wheel records, by path."""
        paths = (self.checkout.lock, *self.hermes.cache.joinpath("wheels", "records").iterdir())
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in paths}

    def wrong(self) -> Iterator[str]:
        """Say what is trusted and differs from its receipt."""
        for item in Store(self.hermes.cache, clock=Clock()).entries():
            for difference in check.full(item.built.tree, item.built.receipt):
                yield f"{item.built.receipt.kind}: {difference.path} {difference.what}"

    def leftovers(self) -> Iterator[str]:
        """Say what lies around that no later run would use."""
        store, root = Store(self.hermes.cache, clock=Clock()), self.hermes.cache / layout.STORE
        known = {item.address for item in store.entries()}
        yield from (f"not trusted: {path.name}" for path in root.glob("??/*") if path.name not in known)
        yield from (f"in staging: {path.name}" for path in self.hermes.cache.joinpath(layout.STAGING).glob("*"))
        yield from (f"left by a build: {path.name}" for path in self.hermes.cache.rglob("hermes-build-*"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """A world, the undisturbed runs in it by their start, and what is to be found after each later run."""

    world: World
    measured: Mapping[Start, Measured]
    right: Mapping[str, bytes]
    names: frozenset[str]

    @classmethod
    def make(cls, folder: Path, index: Index, *, modules: int, starts: Sequence[Start] = ("cold", "warm")) -> Self:
        """Make a world and measure what is to be disturbed, a cold run first."""
        world = World.make(folder, index, modules=modules)
        measured = {start: world.measure(start) for start in starts}
        names = frozenset(path.name for path in world.checkout.folder.iterdir())
        return cls(world=world, measured=measured, right=world.remembered(), names=names)

    @property
    def steps(self) -> tuple[str, ...]:
        """All steps by name, in the order of a cold run."""
        return tuple(dict.fromkeys([*self.measured["cold"].names, *self.measured["warm"].names]))

    def kill_at(self, step: str, *, nth: int = 0, start: Start, victims: Victims) -> Kill:
        """Kill hermes while it is held in a step, and look at what came of it."""
        world = self.world
        world.begin(start)
        with driven.start(
            world.hermes, "run", at=world.checkout.folder, output=world.folder / "output", hold=(step, nth)
        ) as run:
            assert run.reach(step, nth), f"{step} ({nth}, {start}) was not reached: {run.end()}"
            started = run.kill(victims)
        return Kill(step=step, aimed="step", start=start, victims=victims, problems=tuple(self._problems(started)))

    def kill_after(self, share: float, *, start: Start, victims: Victims) -> Kill:
        """Kill hermes when a share of the measured length has passed, and look at what came of it."""
        world = self.world
        delay = self.measured[start].length * share
        for _ in range(_TRIES):
            world.begin(start)
            with driven.start(world.hermes, "run", at=world.checkout.folder, output=world.folder / "output") as run:
                step = ["before the first step", *(name for name, _ in run.steps(seconds=delay))][-1]
                if run.process.poll() is None:
                    started = run.kill(victims)
                    problems = tuple(self._problems(started))
                    return Kill(step=step, aimed="time", start=start, victims=victims, problems=problems)
            delay *= 0.8
        raise AssertionError(f"hermes always ended before {delay:.2f} s")

    def _problems(self, started: Sequence[int]) -> Iterator[str]:
        """Run hermes again and say whatever is not right before, while and after that."""
        world = self.world
        yield from (f"trusted after the kill: {text}" for text in world.wrong())
        ran = world.hermes("run", at=world.checkout.folder)
        if ran.status != 0 or not set(SAID) <= set(ran.stdout.splitlines()):
            yield f"the next run ended with {ran.status}:\n{ran.stdout}{ran.stderr}"
        if not driven.ended(started):
            yield "a program that the killed hermes had started does not end"
        for words in (("verify", "--all"), ("store", "gc")):
            ran = world.hermes(*words, at=world.checkout.folder)
            if ran.status != 0:
                yield f"hermes {' '.join(words)} ended with {ran.status}:\n{ran.stdout}{ran.stderr}"
        yield from world.leftovers()
        found = world.remembered()
        yield from (f"{name} is not as it was" for name in self.right if found.get(name) != self.right[name])
        names = {path.name for path in world.checkout.folder.iterdir()}
        yield from (f"left in the project: {name}" for name in sorted(names - self.names))


def table(kills: Sequence[Kill], steps: Sequence[str]) -> str:
    """Count kills per step, by how they were aimed and whom they hit."""
    heads = ("by step", "by time", "hermes", "all", "sum")
    rows: list[tuple[str | int, ...]] = []
    for step in dict.fromkeys([*steps, *(kill.step for kill in kills)]):
        here = [kill for kill in kills if kill.step == step]
        count = Counter(word for kill in here for word in (f"by {kill.aimed}", kill.victims))
        rows.append((step, *(count[head] for head in heads[:-1]), len(here)))
    totals = [sum(int(row[number]) for row in rows) for number in range(1, len(heads) + 1)]
    rows.append((f"{len(rows)} steps", *totals))
    width = max(len(str(row[0])) for row in rows)
    lines = [f"{'step':<{width}}" + "".join(f"{head:>9}" for head in heads)]
    lines += [f"{row[0]!s:<{width}}" + "".join(f"{number!s:>9}" for number in row[1:]) for row in rows]
    return "\n".join(lines)
