"""Files made to do harm: a crafted one of each kind is refused in one line, at once, and runs nothing."""

from __future__ import annotations

import hashlib
import io
import json
import os
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pmrl.agents import policy_file, safe_arrays
from pmrl.agents.policy_file import PolicyCard
from pmrl.cohort import Cohort
from pmrl.errors import InputError
from pmrl.experiments.config import read_config
from pmrl.experiments.nonmem_visits import read_visits

CARD = PolicyCard(
    1, "small", "ppo", "pmrl/Warfarin-v1", "discrete", ("day",), (0.0,), (1.0,), (False,), 90, "tanh",
    (1, 2), {},
)  # fmt: skip
WEIGHTS = {"0.weight": np.ones((2, 1), np.float32), "0.bias": np.zeros(2, np.float32)}
HEADER = {
    "0.bias": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
    "0.weight": {"dtype": "F32", "shape": [2, 1], "data_offsets": [8, 16]},
}


def refused(read: Callable[[Path], Any], path: Path, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read(path)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 1000


def with_card(folder: Path, described: bytes, packed: bytes | None = None) -> Path:
    """A policy of these two contents, the checksum made right where there is a place for it."""
    path = policy_file.write(folder / "small", CARD, WEIGHTS)
    weights = path.with_suffix(".safetensors")
    packed = weights.read_bytes() if packed is None else packed
    weights.write_bytes(packed)
    path.write_bytes(described)
    return path


def signed(packed: bytes | None = None, **changes: Any) -> Callable[[Path], Path]:
    """A policy with other entries of its card or other weights, and the right checksum."""

    def make(folder: Path) -> Path:
        path = policy_file.write(folder / "small", CARD, WEIGHTS)
        body = path.with_suffix(".safetensors").read_bytes() if packed is None else packed
        card = {**json.loads(path.read_text()), **changes}
        del card["sha256"]
        text = json.dumps(card, sort_keys=True, separators=(",", ":"))
        digest = hashlib.sha256(text.encode() + body).hexdigest()
        return with_card(folder, json.dumps({**card, "sha256": digest}).encode(), body)

    return make


def unsigned(described: bytes) -> Callable[[Path], Path]:
    return lambda folder: with_card(folder, described)


def tensors(header: Any, body: bytes = bytes(16), length: int | None = None) -> Callable[[Path], Path]:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return signed(struct.pack("<Q", len(text) if length is None else length) + text + body)


def changed(**entry: Any) -> dict[str, Any]:
    return {**HEADER, "0.weight": {**HEADER["0.weight"], **entry}}


POLICIES: dict[str, tuple[Callable[[Path], Path], str]] = {
    "nested": (unsigned(b"[" * 500_000), "nested more than 50 deep"),
    "nested training": (signed(training=json.loads('{"a":' * 60 + "1" + "}" * 60)), "nested more than 50"),
    "large card": (unsigned(b" " * (2**20 + 1)), "larger than 1 MiB"),
    "a key twice": (unsigned(b'{"format": 1, "format": 2}'), "'format' is there twice"),
    "NaN": (unsigned(b'{"format": NaN}'), "NaN"),
    "infinity": (unsigned(b'{"format": -Infinity}'), "-Infinity"),
    "beyond infinity": (unsigned(b'{"format": 1e999}'), "beyond all bounds"),
    "digits": (unsigned(b'{"format": ' + b"9" * 10_000 + b"}"), "10000 digits"),
    "not UTF-8": (unsigned(b'{"format": "\xff"}'), "not UTF-8"),
    "a list": (unsigned(b"[]"), "keys of a policy"),
    "a huge format": (signed(format=10**300), "format 1000000"),
    "a format of true": (signed(format=True), "format"),
    "half a character": (signed(algorithm="\ud800"), "policy card"),
    "terminal codes": (signed(name="\x1b[2J\nall is well"), "policy name"),
    "a path as name": (signed(name="../../evil"), "policy name"),
    "a formula as name": (signed(name="=1+1"), "policy name"),
    "a long name": (signed(name="a" * 101), "policy name"),
    "text for numbers": (signed(layers=["1", "2"]), "layers"),
    "many layers": (signed(layers=[1] * 10_000), "out of bounds"),
    "huge layers": (signed(layers=[1, 10**30]), "out of bounds|layers"),
    "negative layers": (signed(layers=[1, -2]), "out of bounds"),
    "huge scaling": (signed(center=[1e300]), "must be numbers"),
    "endless horizon": (signed(horizon_days=10**9), "horizon_days"),
    "no header": (signed(b"\0\0"), "not a safetensors file"),
    "a header as long as the disk": (tensors(HEADER, length=2**63 - 1), "not a safetensors file"),
    "a header of more than there is": (tensors(HEADER, length=5_000), "not a safetensors file"),
    "a long header": (tensors(json.dumps(HEADER).encode() + b" " * 2**15), "not a safetensors file"),
    "a nested header": (tensors(b"[" * 10_000), "not JSON"),
    "a header of a list": (tensors([1]), "does not describe arrays"),
    "a tensor twice": (tensors(b'{"0.bias": {}, "0.bias": {}}'), "twice"),
    "another number type": (tensors(changed(dtype="F64", data_offsets=[8, 24]), bytes(24)), "do not fit"),
    "an unknown type": (tensors(changed(dtype="pickle")), "do not fit"),
    "a huge shape": (tensors(changed(shape=[2**62, 4])), "do not fit"),
    "a negative shape": (tensors(changed(shape=[-2, -1])), "do not fit"),
    "a strange name": (tensors({**HEADER, "../../x": HEADER["0.bias"]}), "do not fit"),
    "tensors that overlap": (tensors(changed(data_offsets=[4, 12])), "not a safetensors file"),
    "a tensor beyond the end": (tensors(changed(data_offsets=[8, 2**60])), "not a safetensors file"),
    "bytes that belong to nothing": (tensors(HEADER, bytes(64)), "not a safetensors file"),
    "offsets that are text": (tensors(changed(data_offsets=["8", None])), "not a safetensors file"),
    "other layers": (signed(layers=[1, 3]), "do not fit the layers"),
}


@pytest.mark.parametrize("case", POLICIES)
def test_a_policy_made_to_do_harm_is_refused(tmp_path: Path, case: str) -> None:
    make, message = POLICIES[case]
    refused(policy_file.read, make(tmp_path), message)


def test_the_policy_that_the_others_are_made_of_can_be_read(tmp_path: Path) -> None:
    assert policy_file.read(signed()(tmp_path))[0] == CARD
    assert policy_file.read(tensors(HEADER)(tmp_path))[0] == CARD


def npy(header: str | bytes, body: bytes = b"", version: bytes = b"\x01\x00") -> bytes:
    text = header.encode() if isinstance(header, str) else header
    return b"\x93NUMPY" + version + struct.pack("<H", min(len(text), 65_535)) + text + body


def described(shape: str, kind: str = "'<f8'") -> str:
    return f"{{'descr': {kind}, 'fortran_order': False, 'shape': {shape}, }}\n"


def zipped(*entries: tuple[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in entries:
            archive.writestr(zipfile.ZipInfo(name) if method == zipfile.ZIP_STORED else name, data)
    return file.getvalue()


def saved(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


WHOLE = saved(a=np.arange(12.0).reshape(3, 4))
ONE = npy(described("(1,)"), bytes(8))
CENTRAL = WHOLE.rindex(b"PK\x01\x02")


def lying(offset: int, value: int) -> bytes:
    """The whole file with a size in its central directory that is not so."""
    place = CENTRAL + offset
    return WHOLE[:place] + struct.pack("<I", value) + WHOLE[place + 4 :]


ARRAYS: dict[str, tuple[bytes, str]] = {
    "objects": (saved(a=np.array([{}], dtype=object)), "only numbers"),
    "dates": (saved(a=np.array(["2020-01-01"], dtype="M8[D]")), "only numbers"),
    "records": (saved(a=np.zeros(2, dtype=[("x", "f8")])), "only numbers"),
    "a bomb": (zipped(("a.npy", bytes(50 * 2**20)), method=zipfile.ZIP_DEFLATED), "is compressed"),
    "a path": (zipped(("../x.npy", ONE)), "plain names"),
    "an absolute path": (zipped(("/etc/x.npy", ONE)), "plain names"),
    "a name that is cut off": (zipped(("a.npy", ONE)).replace(b"a.npy", b"a\0.py"), "plain names|damaged"),
    "another kind of file": (zipped(("a.pkl", ONE)), "plain names"),
    "an entry twice": (zipped(("a.npy", ONE), ("b.npy", ONE)).replace(b"b.npy", b"a.npy"), "an entry twice"),
    "more than there is": (zipped(("a.npy", npy(described("(1000000000000,)"), bytes(8)))), "does not fit"),
    "too many entries": (zipped(*((f"a{k}.npy", ONE) for k in range(20_000))), "20000 entries"),
    "a product that overflows": (
        zipped(("a.npy", npy(described("(4294967296, 4294967296)"), bytes(8)))), "does not fit",
    ),
    "a negative shape": (zipped(("a.npy", npy(described("(-1, -1)"), bytes(8)))), "header"),
    "a nested header": (zipped(("a.npy", npy("(" * 900))), "header"),
    "a long header": (zipped(("a.npy", npy(described("(1,)") + " " * 60_000, bytes(8)))), "header"),
    "a header that is a program": (zipped(("a.npy", npy("__import__('os').abort()\n"))), "header"),
    "a type that is not one": (zipped(("a.npy", npy(described("(1,)", "'<f3'"), bytes(3)))), "header"),
    "another version": (zipped(("a.npy", npy(described("(1,)"), bytes(8), b"\x02\x00"))), "header"),
    "nothing in an entry": (zipped(("a.npy", b"")), "header"),
    "cut off": (WHOLE[: len(WHOLE) // 2], "damaged"),
    "cut off at the end": (WHOLE[:-1], "damaged"),
    "nothing": (b"", "damaged"),
    "no zip": (b"a,b\n1,2\n" * 100, "damaged"),
    "a size that is not so": (lying(24, 2**31), "compressed|promises|damaged"),
    "two sizes that are not so": (lying(20, 8), "compressed|damaged"),
    "a place that is not so": (lying(42, 2**30), "damaged"),
    "another method": (WHOLE[: CENTRAL + 10] + b"\x63\x00" + WHOLE[CENTRAL + 12 :], "compressed"),
    "a password": (WHOLE[: CENTRAL + 8] + b"\x01\x00" + WHOLE[CENTRAL + 10 :], "damaged"),
}  # fmt: skip


@pytest.mark.parametrize("case", ARRAYS)
def test_arrays_made_to_do_harm_are_refused(tmp_path: Path, case: str) -> None:
    content, message = ARRAYS[case]
    path = tmp_path / "arrays.npz"
    path.write_bytes(content)
    refused(safe_arrays.read, path, message)


def test_every_kind_of_array_that_is_written_can_be_read(tmp_path: Path) -> None:
    kinds = ("?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8", ">f8")
    arrays: dict[str, Any] = {f"a{k}": np.arange(6).astype(kind) for k, kind in enumerate(kinds)}
    arrays |= {
        "none": np.zeros((0, 3)),
        "one": np.array(2.5),
        "f": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    }
    path = tmp_path / "arrays.npz"
    with path.open("wb") as file:
        safe_arrays.write(file, arrays)
    found = safe_arrays.read(path)
    for name, values in arrays.items():
        np.testing.assert_array_equal(found[name], values, strict=True)


@pytest.mark.parametrize(("read", "name"), [(safe_arrays.read, "a.npz"), (policy_file.read, "a.json")])
def test_links_pipes_devices_and_folders_are_refused_without_waiting(
    tmp_path: Path, read: Callable[[Path], Any], name: str
) -> None:
    path = tmp_path / name
    target = tmp_path / "secret"
    target.write_bytes(WHOLE)
    for make, message in (
        (lambda: path.symlink_to(target), "is a link"),
        (lambda: path.symlink_to("/dev/zero"), "is a link"),
        (lambda: path.symlink_to(name), "is a link"),
        (lambda: os.mkfifo(path), "pipe or device"),
    ):
        make()
        refused(read, path, message)
        path.unlink()
    path.mkdir()
    refused(read, path, "folder")
    with pytest.raises(InputError):
        read(tmp_path / "a\0.json")


def test_cohorts_and_studies_that_are_pipes_are_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    for read in (Cohort.read_csv, read_visits, read_config):
        for name in ("pipe.csv", "a\0.csv", "."):
            refused(read, tmp_path / name, "not a file")


@pytest.mark.skipif(not Path("/dev/zero").is_char_device(), reason="there is no such device")
def test_a_device_is_refused() -> None:
    refused(safe_arrays.read, Path("/dev/zero"), "device")
