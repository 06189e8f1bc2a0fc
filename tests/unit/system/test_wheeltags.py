from dataclasses import replace

import pytest

from hermes.system.wheeltags import Build, build_of, tags_of

CPYTHON = Build(
    implementation="cpython",
    version=(3, 12),
    suffix=".cpython-312-x86_64-linux-gnu.so",
    platform="linux-x86_64",
    libc="glibc 2.28",
    pointer_bytes=8,
    debug=False,
    free_threaded=False,
)


def _platforms(build: Build) -> list[str]:
    return [tag.split("-")[2] for tag in tags_of(build) if tag.startswith("cp312-cp312-")]


def test_glibc_gives_the_manylinux_platforms_down_to_the_oldest() -> None:
    found = _platforms(CPYTHON)
    assert found[:3] == ["linux_x86_64", "manylinux_2_28_x86_64", "manylinux_2_27_x86_64"]
    assert found[-2:] == ["manylinux_2_5_x86_64", "manylinux1_x86_64"]
    assert "manylinux2014_x86_64" in found
    assert len(found) == 1 + (28 - 5 + 1) + 3


def test_other_processors_begin_at_glibc_2_17() -> None:
    found = _platforms(replace(CPYTHON, platform="linux-aarch64"))
    assert found[-2:] == ["manylinux_2_17_aarch64", "manylinux2014_aarch64"]


def test_musl_gives_the_musllinux_platforms() -> None:
    found = _platforms(replace(CPYTHON, libc="musl 1.2"))
    assert found == ["linux_x86_64", "musllinux_1_2_x86_64", "musllinux_1_1_x86_64", "musllinux_1_0_x86_64"]


@pytest.mark.parametrize("libc", ["", "musl ", "glibc", "bionic 9"])
def test_an_unknown_libc_gives_no_more_than_linux(libc: str) -> None:
    assert _platforms(replace(CPYTHON, libc=libc)) == ["linux_x86_64"]


def test_a_processor_without_manylinux() -> None:
    assert _platforms(replace(CPYTHON, platform="linux-mips64")) == ["linux_mips64"]


def test_a_32_bit_interpreter_on_a_64_bit_kernel() -> None:
    assert _platforms(replace(CPYTHON, pointer_bytes=4))[0] == "linux_i686"
    arm = replace(CPYTHON, pointer_bytes=4, platform="linux-aarch64")
    assert _platforms(arm) == ["linux_armv8l", "linux_armv7l"]
    hard = _platforms(replace(arm, suffix=".cpython-312-arm-linux-gnueabihf.so"))
    assert hard[:3] == ["linux_armv8l", "linux_armv7l", "manylinux_2_28_armv8l"]
    assert hard[-1] == "manylinux2014_armv7l"


def test_free_threaded_and_debug_builds() -> None:
    assert tags_of(replace(CPYTHON, version=(3, 13), free_threaded=True))[0] == "cp313-cp313t-linux_x86_64"
    assert not any("-abi3-" in tag for tag in tags_of(replace(CPYTHON, version=(3, 13), free_threaded=True)))
    debug = tags_of(replace(CPYTHON, debug=True))
    assert debug[0] == "cp312-cp312d-linux_x86_64"
    assert "cp312-cp312-linux_x86_64" in debug


def test_pypy() -> None:
    found = tags_of(
        replace(CPYTHON, implementation="pypy", version=(3, 11), suffix=".pypy311-pp73-x86_64-linux-gnu.so")
    )
    assert found[0] == "pp311-pypy311_pp73-linux_x86_64"
    assert "pp311-none-manylinux2014_x86_64" in found
    assert "pp3-none-any" in found
    assert found[-1] == "py30-none-any"


def test_an_implementation_that_nobody_knows() -> None:
    found = tags_of(replace(CPYTHON, implementation="graalpy", suffix=".graalpy-38-native-x86_64-linux.so"))
    assert found[0] == "graalpy312-graalpy_38_native-linux_x86_64"
    plain = tags_of(replace(CPYTHON, implementation="mypython", suffix=".so"))
    assert plain[0] == "mypython312-none-linux_x86_64"


def test_macos_and_windows() -> None:
    mac = replace(CPYTHON, platform="macosx-11.0-arm64", macos=("14.1", "arm64"), libc="")
    assert _platforms(mac)[:2] == ["macosx_14_0_arm64", "macosx_14_0_universal2"]
    assert _platforms(replace(mac, macos=("12", "x86_64"), pointer_bytes=8))[0] == "macosx_12_0_x86_64"
    old = replace(mac, macos=("10.15.7", "x86_64"), pointer_bytes=4)
    assert _platforms(old)[0] == "macosx_10_15_i386"
    assert _platforms(replace(CPYTHON, platform="win-amd64", libc="")) == ["win_amd64"]


@pytest.mark.parametrize(
    "change", [{"version": "x.y"}, {"version": "3"}, {"macos": "no"}, {"pointer_bytes": "8"}, {"macos": []}]
)
def test_an_answer_that_is_none(change: dict[str, object]) -> None:
    answer: dict[str, object] = {
        "implementation": "cpython",
        "version": "3.12.1",
        "suffix": "",
        "platform": "linux-x86_64",
        "libc": "",
        "pointer_bytes": 8,
        "debug": False,
        "free_threaded": False,
        "macos": ["", ""],
    }
    assert build_of(answer).version == (3, 12)
    with pytest.raises((ValueError, TypeError, LookupError)):
        build_of(answer | change)
