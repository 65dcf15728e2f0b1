"""Hashes, trees, signatures and names of the package, against published values and another implementation."""

from __future__ import annotations

import hashlib
import random

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from recording import crc32c
from recording.package import curves, forms, keys, merkle, sm3

pytestmark = pytest.mark.pure

RANDOM = random.Random(5)
LENGTHS = [*range(70), 119, 120, 1200, 4097]

# GB/T 32905-2016 annex A
SM3_VECTORS = {
    b"abc": "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
    b"abcd" * 16: "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732",
}
# GB/T 32918.5-2017 annex A.2
SM2_SECRET = 0x3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8
SM2_POINT = (
    0x09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020,
    0xCCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13,
)
SM2_SIGNATURE = bytes.fromhex(
    "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
    "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
)
# RFC 8032 §7.1, tests 2 and 3
ED25519_VECTORS = (
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
)
# The leaves and the root of the example tree of Certificate Transparency's own test suites
TREE = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
TREE_ROOT = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


@pytest.mark.parametrize("length", LENGTHS)
def test_crc32c_in_python_is_that_of_the_library(length: int) -> None:
    data = RANDOM.randbytes(length)
    assert crc32c.in_python(data) == crc32c.value(data)


def test_crc32c_of_the_standard() -> None:
    assert crc32c.in_python(b"123456789") == 0xE3069283


@pytest.mark.parametrize("message", SM3_VECTORS)
def test_sm3_of_the_standard(message: bytes) -> None:
    assert sm3.InPython(message).hexdigest() == SM3_VECTORS[message]


@pytest.mark.parametrize("length", LENGTHS)
def test_sm3_in_python_is_that_of_the_library_however_it_is_fed(length: int) -> None:
    data = RANDOM.randbytes(length)
    found = sm3.InPython()
    for at in range(0, length, 37):
        found.update(data[at : at + 37])
    if sm3.NATIVE:
        assert found.hexdigest() == hashlib.new("sm3", data).hexdigest()
    assert found.digest() == sm3.InPython(data).digest()


def test_sm2_of_the_standard() -> None:
    assert curves.SM2.times(SM2_SECRET, curves.SM2.g) == SM2_POINT
    assert curves.sm2_holds(SM2_POINT, b"message digest", SM2_SIGNATURE)


def test_an_sm2_signature_is_of_its_message_and_key_alone() -> None:
    signature = curves.sm2_sign(SM2_SECRET, b"one")
    assert signature == curves.sm2_sign(SM2_SECRET, b"one")
    assert curves.sm2_holds(SM2_POINT, b"one", signature)
    assert not curves.sm2_holds(SM2_POINT, b"two", signature)
    other = curves.SM2.times(SM2_SECRET + 1, curves.SM2.g)
    assert other is not None
    assert not curves.sm2_holds(other, b"one", signature)
    for at in range(64):
        changed = signature[:at] + bytes([signature[at] ^ 1]) + signature[at + 1 :]
        assert not curves.sm2_holds(SM2_POINT, b"one", changed)
    with pytest.raises(ValueError, match="secret"):
        curves.sm2_sign(0, b"one")


@pytest.mark.parametrize(("public", "message", "signature"), ED25519_VECTORS)
def test_ed25519_of_the_standard(public: str, message: str, signature: str) -> None:
    key, text, good = bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature)
    assert curves.ed25519_holds(key, text, good)
    assert not curves.ed25519_holds(key, text + b"x", good)
    group = 2**252 + 27742317777372353535851937790883648493
    second = good[:32] + (int.from_bytes(good[32:], "little") + group).to_bytes(32, "little")
    assert not curves.ed25519_holds(key, text, second), "a second spelling of the same signature"
    assert not curves.ed25519_holds(key, text, good[:-1])


@pytest.mark.parametrize("seed", range(4))
def test_signatures_of_another_implementation_hold(seed: int) -> None:
    message = bytes([seed]) * 40 * seed
    ed = Ed25519PrivateKey.generate()
    key = keys.from_file(
        ed.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    assert key.kind == keys.ED25519
    assert key.holds(message, ed.sign(message))
    p256 = ec.generate_private_key(ec.SECP256R1())
    r, s = utils.decode_dss_signature(p256.sign(message, ec.ECDSA(hashes.SHA256())))
    key = keys.from_file(
        p256.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    assert key.kind == keys.P256
    low, high = min(s, curves.P256.n - s), max(s, curves.P256.n - s)
    good, second = (r.to_bytes(32, "big") + one.to_bytes(32, "big") for one in (low, high))
    assert key.holds(message, good)
    assert curves.lowered(second) == good
    assert not key.holds(message, second)
    assert not key.holds(message + b"x", good)


def test_a_key_comes_back_from_its_file_and_other_files_are_refused() -> None:
    key = keys.PublicKey(keys.SM2, b"".join(n.to_bytes(32, "big") for n in SM2_POINT))
    assert keys.from_file(key.pem) == key
    assert keys.from_file(key.spki) == key
    for wrong in (b"", b"x" * 91, key.spki[:-1], key.pem.replace(b"M", b"*", 1), key.pem[:60]):
        with pytest.raises(keys.NotAKey):
            keys.from_file(wrong)


def test_the_tree_of_certificate_transparency() -> None:
    assert merkle.root(bytes.fromhex(leaf) for leaf in TREE) == TREE_ROOT
    assert merkle.root([]) == hashlib.sha256().hexdigest()


def test_the_tree_is_that_of_the_recursive_definition() -> None:
    def mth(leaves: list[bytes]) -> bytes:
        """RFC 9162 §2.1.1, word for word."""
        if len(leaves) == 1:
            return hashlib.sha256(b"\0" + leaves[0]).digest()
        split = 1
        while 2 * split < len(leaves):
            split *= 2
        return hashlib.sha256(b"\1" + mth(leaves[:split]) + mth(leaves[split:])).digest()

    for count in range(1, 70):
        leaves = [bytes([n]) * n for n in range(count)]
        assert merkle.root(leaves) == mth(leaves).hex()


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/a",
        "../a",
        "a/../b",
        "a/./b",
        "a//b",
        "a\\b",
        "a\nb",
        "C:a",
        "a.",
        "a /b",
        "a/",
        "x" * 401,
        "\udc80",
    ],
)
def test_a_name_that_could_leave_the_folder_is_none(name: str) -> None:
    assert not forms.is_safe(name)


@pytest.mark.parametrize(
    "name", ["manifest.json", "tape/plaintiff-audio-0001.ytape", "copies/%E5.webm", "a/原告.txt"]
)
def test_names_of_packages(name: str) -> None:
    assert forms.is_safe(name)


@pytest.mark.parametrize(
    "text", [b'{"a": 1}', b'{"b":1,"a":2}', b'{"a":1,"a":1}', b'"\\u4e2d"', b"1.0e0", b"NaN", b"[", b"\xff"]
)
def test_another_spelling_is_refused(text: bytes) -> None:
    with pytest.raises(forms.NotCanonical):
        forms.parse(text)


def test_times_of_a_hearing() -> None:
    assert [forms.clock(ms) for ms in (0, 999, 61_000, 36_000_000, -1_000)] == [
        *("00:00:00", "00:00:00", "00:01:01", "10:00:00", "-00:00:01")
    ]
