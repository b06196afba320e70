"""Whether a text is JSON (RFC 8259), without recursion."""
from __future__ import annotations

import re

SPACE = re.compile(r"[ \t\n\r]*")
PLAIN = re.compile(r'[^"\\\x00-\x1f]*')
ESCAPE = re.compile(r'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})')
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
            scalar = SCALAR.match(text, at)
            at = scalar.end() if scalar else -1
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
