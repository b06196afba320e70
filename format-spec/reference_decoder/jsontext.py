"""Whether a text is JSON (RFC 8259, and what rule V022 demands beyond it), without recursion."""
from __future__ import annotations

import math
import re

JSON_DEPTH_MAX = 127

SPACE = re.compile(r"[ \t\n\r]*")
PLAIN = re.compile(r'[^"\\\x00-\x1f]*')
ESCAPE = re.compile(r'\\(?:["\\/bfnrt]|u(?![dD][89a-fA-F])[0-9a-fA-F]{4}|'
                    r'u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})')
SCALAR = re.compile(r"true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
CLOSING = {"{": "}", "[": "]"}


def _string(text: str, at: int) -> int:
    """The place behind the string that starts at ``at``, or -1."""
    if text[at : at + 1] != '"':
        return -1
    at += 1
    while True:
        at = PLAIN.match(text, at).end()
        if text[at : at + 1] == '"':
            return at + 1
        escape = ESCAPE.match(text, at)
        if not escape:
            return -1
        at = escape.end()


def _skip(text: str, at: int) -> int:
    return SPACE.match(text, at).end()


def _scalar(text: str, at: int) -> int:
    """The place behind the number or word at ``at``, or -1."""
    scalar = SCALAR.match(text, at)
    if not scalar:
        return -1
    number = scalar.group()[0] in "-0123456789"
    return -1 if number and not math.isfinite(float(scalar.group())) else scalar.end()


def _name(text: str, at: int) -> int:
    """The place of the value behind a name and its colon, or -1."""
    at = _string(text, at)
    if at < 0:
        return -1
    at = _skip(text, at)
    return _skip(text, at + 1) if text[at : at + 1] == ":" else -1


def is_json(text: str) -> bool:
    """One JSON value, with nothing but white space around it."""
    open_brackets = []
    at = _skip(text, 0)
    while True:
        bracket = text[at : at + 1]
        if bracket in CLOSING:
            if len(open_brackets) >= JSON_DEPTH_MAX:
                return False
            at = _skip(text, at + 1)
            if text[at : at + 1] != CLOSING[bracket]:
                open_brackets.append(bracket)
                at = _name(text, at) if bracket == "{" else at
                if at < 0:
                    return False
                continue
            at += 1
        elif bracket == '"':
            at = _string(text, at)
        else:
            at = _scalar(text, at)
        if at < 0:
            return False
        at = _skip(text, at)
        while open_brackets and text[at : at + 1] == CLOSING[open_brackets[-1]]:
            open_brackets.pop()
            at = _skip(text, at + 1)
        if not open_brackets:
            return at == len(text)
        if text[at : at + 1] != ",":
            return False
        at = _skip(text, at + 1)
        at = _name(text, at) if open_brackets[-1] == "{" else at
        if at < 0:
            return False
