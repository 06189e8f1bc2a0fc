import hashlib
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hermes.store import sealed

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(_VALUES)
def test_what_was_sealed_comes_back(value: Any) -> None:
    data = sealed.seal(value, format_version=1)
    assert sealed.unseal(data, format_version=1) == value
    assert json.loads(data)["value"] == value


def test_another_format_is_not_read() -> None:
    assert sealed.unseal(sealed.seal([], format_version=2), format_version=1) is None
    assert sealed.unseal(sealed.seal([], format_version=1), format_version=11) is None


def test_a_body_that_answers_its_digest_and_is_no_json_is_none() -> None:
    deep = b"[" * 100_000
    whole = sealed.seal([], format_version=1)
    for body in (b"", b"}\n", b"{", b"\xff}\n", deep + b"}\n"):
        digest = hashlib.sha256(body).hexdigest().encode()
        head = whole.split(b"\n", 1)[0] + b"\n"
        forged = head[:23] + digest + head[23 + 64 :] + body
        assert sealed.unseal(forged, format_version=1) is None


@given(st.binary())
def test_anything_else_is_none(data: bytes) -> None:
    assert sealed.unseal(data, format_version=1) is None
