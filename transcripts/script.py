"""How Chinese is written down: simplified characters, full-width punctuation. Never changes a word.

The base model mixes 简 and 繁 within one sentence; OpenCC's t2s settles the script character by character.
"""

from __future__ import annotations

import functools
import re

import opencc

_WIDE = {",": "，", "?": "？", "!": "！", ";": "；", ":": "：", ".": "。"}
_AFTER_IDEOGRAPH = re.compile(r"(?<=[\u4e00-\u9fff])[,?!;:](?!\d)|(?<=[\u4e00-\u9fff])\.(?=\s*$)")


@functools.lru_cache(maxsize=1)
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


def written(text: str) -> str:
    """Give the text in simplified script, with full-width punctuation after Chinese characters."""
    simplified: str = _converter().convert(text)
    return _AFTER_IDEOGRAPH.sub(lambda match: _WIDE[match.group()], simplified)
