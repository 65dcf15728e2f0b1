"""AVR 11: parties and agents may copy the sound and write the recording down, by rule; the picture is not theirs to copy."""

from __future__ import annotations

import pytest

from server.gateway.rights import Reader, may_take

pytestmark = pytest.mark.pure


@pytest.mark.parametrize("role", ["plaintiff", "defendant", "third_party", "agent"])
def test_sound_and_text_are_copied_and_the_picture_is_not(role: str) -> None:
    reader = Reader(role, True, "trial")
    assert may_take(reader, "copy", "sound")
    assert may_take(reader, "copy", "transcript")
    assert not may_take(reader, "copy", "picture")


@pytest.mark.parametrize("role", ["witness", "expert", "interpreter", "observer", "police", "technician"])
def test_others_copy_nothing(role: str) -> None:
    assert not any(
        may_take(Reader(role, True, "trial"), "copy", one) for one in ("sound", "transcript", "picture")
    )
