"""Prompt sets: the list of the manifest, and their data (sections 11 and 12, rule V034)."""
from __future__ import annotations

import hashlib
import math
import struct
from typing import Iterator, List, NamedTuple, Optional

from .groups import GROUP_ENTRIES_MAX, Group
from .header import INCOMPAT_PROMPT_SETS
from .jsontext import is_json
from .groupcheck import check_features
from .rowgroup import RowGroup
from .schema import DIM_MAX, JSON_BYTES_MAX, PROMPTS, Schema
from .source import Damage, Extent, ExtentBytes, Parser, Source

PROMPT_SETS_MAX = 65536
PROMPTS_MAX = 1 << 20
HAS_SCALE, HAS_BIAS = 1, 2
PROMPT_SET_BYTES = 112  # the least that one takes in a list
NO_EXTENT = Extent(0, 0, 0)


class PromptSet(NamedTuple):
    """A prompt set; ``at`` is the place of its data pointer, ``dtype`` that of its features."""

    name: str
    created_ms: int
    count: int
    dim: int
    tokens: int
    field: int
    logit_scale: Optional[bytes]
    logit_bias: Optional[bytes]
    texts_sha256: bytes
    attributes: str
    data: Extent
    at: int
    dtype: int = 2

    def open(self, source: Source) -> RowGroup:
        """Header and sections of the data, which is laid out as a row group."""
        group = Group(0, 0, PROMPTS, 0, self.count, 0, self.count - 1, self.count * self.tokens,
                      self.data, NO_EXTENT, 0, NO_EXTENT, self.at)
        return RowGroup(group, ExtentBytes(source, self.data), self)


def parse_logits(take: Parser, there: bool) -> Optional[bytes]:
    """A scale or bias, as it stands in the file; zeros if its flag says that it is not there."""
    data = take.take(8)
    if not (math.isfinite(struct.unpack("<d", data)[0]) if there else data == bytes(8)):
        raise take.damage("logit_scale or logit_bias", "V034")
    return data if there else None


def parse_prompt_set(take: Parser, schema: Schema) -> PromptSet:
    """One prompt set. The place of its data is not checked."""
    name, created_ms = take.name("V034"), take.number("Q")
    count, dim, tokens, column, flags = take.unpack("5I")
    if flags & ~(HAS_SCALE | HAS_BIAS):
        raise take.damage("unknown flags of a prompt set", "V004")
    take.reserved(4)
    if not (1 <= count <= PROMPTS_MAX and 1 <= dim <= DIM_MAX):
        raise take.damage(f"{count} texts of dim {dim}", "V034")
    if count * tokens > GROUP_ENTRIES_MAX:
        raise take.damage(f"{count} times {tokens} tokens", "V034")
    scale = parse_logits(take, bool(flags & HAS_SCALE))
    bias = parse_logits(take, bool(flags & HAS_BIAS))
    sha256, attributes = take.take(32), take.text(JSON_BYTES_MAX, "V034")
    prompts = PromptSet(name, created_ms, count, dim, tokens, column, scale, bias, sha256,
                        attributes, take.extent(), take.here() - 24)
    check_field(prompts, schema)
    return prompts


def parse_prompt_sets(take: Parser, schema: Schema, incompat: int) -> List[PromptSet]:
    """The list of a manifest."""
    known = bool(incompat & INCOMPAT_PROMPT_SETS)
    count = take.count(PROMPT_SET_BYTES if known else 0, PROMPT_SETS_MAX if known else 0, "V034")
    result = [parse_prompt_set(take, schema) for _ in range(count)]
    if len({prompts.name for prompts in result}) != count:
        raise take.damage("two prompt sets have the same name", "V034")
    return result


def check_field(prompts: PromptSet, schema: Schema) -> None:
    """The field that a prompt set names, if it does."""
    field = schema.field(prompts.field)
    if prompts.field and (field is None or field.dim != prompts.dim):
        raise Damage("V034", f"prompt set {prompts.name}: no field of its dim", prompts.at)


def texts_of(rows: RowGroup) -> List[str]:
    """The texts in their order."""
    return [rows.text(index) for index in range(rows.count)]


def token_features(rows: RowGroup, text: int, tokens: int) -> List[bytes]:
    """The features of the tokens of a text."""
    size = rows.dim * rows.size
    first = rows.sections[4][0] + size * tokens * text
    return [rows.data.read(first + size * token, size) for token in range(tokens)]


def check_prompt_set(prompts: PromptSet, source: Source) -> Iterator[Damage]:
    """Full verification of a prompt set."""
    if prompts.attributes and not is_json(prompts.attributes):
        yield Damage("V022", f"attributes of prompt set {prompts.name}", prompts.at)
    rows = prompts.open(source)
    rows.data.verify()
    offsets = rows.array(1, "I")
    if offsets[0] != 0 or offsets[-1] != rows.sections[2][1]:
        yield rows.damage("V034", "the offsets do not span the texts", 1)
    digest = hashlib.sha256()
    for text in texts_of(rows):
        digest.update(text.encode("utf-8") + b"\0")
    if digest.digest() != prompts.texts_sha256:
        yield rows.damage("V034", "the texts have another hash", 2)
    yield from check_features(rows, rows.count, 3)
    for text in range(rows.count):
        for feature in token_features(rows, text, prompts.tokens):
            if not all(map(math.isfinite, rows.decode(feature))):
                yield rows.damage("V025", f"a token of text {text} is not finite", 4)
                return
