import pytest

from hermes.store import layout

ADDRESS = "ab" + "0" * 62


def test_an_environment_lies_in_the_shard_of_its_first_two_digits() -> None:
    assert layout.built(ADDRESS) == f"store/v1/ab/{ADDRESS}"


def test_no_lock_lies_in_what_it_protects() -> None:
    assert layout.build_lock(ADDRESS) == f"store/v1/locks/{ADDRESS}.lock"
    assert layout.use_lock(ADDRESS) == f"store/v1/locks/{ADDRESS}.use"
    assert layout.staged_lock("x1") == "store/v1/staging/x1.lock"
    assert layout.staged("x1") == "store/v1/staging/x1"


@pytest.mark.parametrize("text", ["", "ab", "../" + "a" * 61, "A" * 64, "g" * 64, "a" * 65, "a" * 63 + "\n"])
def test_what_is_no_address_makes_no_path(text: str) -> None:
    assert not layout.is_address(text)
    for path in (layout.built, layout.build_lock, layout.use_lock):
        with pytest.raises(ValueError, match="64 lower-case hex digits"):
            path(text)


def test_shards_are_two_hex_digits() -> None:
    assert layout.is_shard("0f")
    assert not layout.is_shard("locks")
    assert not layout.is_shard("zz")
