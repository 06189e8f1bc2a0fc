from hermes.lockfile import record
from unit.lockfile import samples


def test_contents_are_recorded_by_the_hash_of_the_file() -> None:
    lock = samples.plain()
    file = samples.wheel("pytest", "8.4.0")
    found = record.with_contents(lock, {file.sha256: samples.sha("p"), "unknown": "x"})
    assert found.packages["pytest", "8.4.0"].files == (samples.wheel("pytest", "8.4.0", content=samples.sha("p")),)
    assert found.packages["numpy", "2.4.1"] == lock.packages["numpy", "2.4.1"]
    assert record.with_contents(lock, {}) == lock


def test_records_are_carried_over_for_files_that_are_still_locked() -> None:
    old = samples.lock(
        [],
        [
            samples.package("a", "1.0", files=[samples.wheel("a", "1.0", content=samples.sha("a"))]),
            samples.package("b", "1.0", files=[samples.wheel("b", "1.0", content=samples.sha("old"))]),
            samples.package("c", "1.0", files=[samples.wheel("c", "1.0", content=samples.sha("c"))]),
        ],
    )
    new = samples.lock(
        [],
        [
            samples.package("a", "1.0"),
            samples.package("b", "1.0", files=[samples.wheel("b", "1.0", content=samples.sha("new"))]),
            samples.package("c", "2.0"),
        ],
    )
    carried = record.carry(old, new)
    contents = {key: package.files[0].content for key, package in carried.packages.items()}
    assert contents == {("a", "1.0"): samples.sha("a"), ("b", "1.0"): samples.sha("new"), ("c", "2.0"): None}
