"""Signatures: the worked examples of the S3 API reference ("Signature Calculations for the Authorization Header")."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.archive.sigv4 import Keys, path_of, query_of, signed

pytestmark = pytest.mark.pure

KEYS = Keys("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1")
AT = "20130524T000000Z"
HOST = {"Host": "examplebucket.s3.amazonaws.com"}


def signature(
    method: str, path: str, query: dict[str, str], headers: dict[str, str], body: bytes = b""
) -> str:
    return signed(KEYS, method, path, query, HOST | headers, body, AT)["Authorization"].rpartition("=")[2]


def test_a_range_of_an_object() -> None:
    found = signature("GET", "/test.txt", {}, {"Range": "bytes=0-9"})
    assert found == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"


def test_an_object_with_a_body_and_a_name_that_is_escaped() -> None:
    headers = {"Date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"}
    found = signature("PUT", "/" + path_of("test$file.text")[1:], {}, headers, b"Welcome to Amazon S3.")
    assert found == "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"


def test_a_question_about_the_bucket() -> None:
    found = signature("GET", "/", {"lifecycle": ""}, {})
    assert found == "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"


def test_a_list_with_two_arguments() -> None:
    found = signature("GET", "/", {"prefix": "J", "max-keys": "2"}, {})
    assert found == "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"


def test_the_secret_stays_out_of_sight() -> None:
    assert KEYS.secret not in repr(KEYS)
    sent = signed(KEYS, "GET", "/", {}, HOST, b"", AT)
    assert all(KEYS.secret not in value for value in sent.values())
    assert sent["x-amz-content-sha256"] == hashlib.sha256(b"").hexdigest()


@given(st.text(), st.text())
def test_a_name_leaves_only_safe_letters(one: str, other: str) -> None:
    try:
        path = path_of(one, other)
    except UnicodeEncodeError:
        return
    safe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/%"
    assert set(path) <= set(safe)


def test_a_query_is_in_order() -> None:
    assert query_of({"versionId": "a/b", "retention": ""}) == "retention=&versionId=a%2Fb"
