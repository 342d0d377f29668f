"""Mutations that know what YAML is made of: lines, indentation, and the marks that give a line another meaning."""

from __future__ import annotations

import random

TOKENS = (
    *("- ", "? ", ": ", "# ", "---\n", "...\n", "|\n", "|+\n", "|-\n", "|2\n", ">\n", ">-\n", "&a ", "*a", "<<: *a\n"),
    *("! ", "!!str ", "!!int ", "!!binary ", "!x ", "%YAML 1.1\n---\n", "%TAG ! t:x,2:\n---\n", "{", "}", "[", "]"),
    *(",", "'", '"', "\\", "\\n", "\t", "\r\n", "\r", "\n", "\n\n", " ", "  ", "\ufeff", "\x85", "\u2028", "é", "日本"),
    *("null", "~", "yes", "0o7", "1e3", "0x1F", ".nan", "2001-01-01", "1_000", "08", "=", "<<", "-", ":", "@", "`"),
    *("items:\n", "kind: List\n", "results: []\n", "enabled", "disabled", "kuma.io/sidecar-injection: enabled\n"),
    *("{}", "[]", "[{}]", "{a: b}", "-1", "99999999999999999999", "''", '""', "\x00", "\U0001f600", "#", " #", "# c\n"),
)


def mutated(raw: bytes, rng: random.Random, others: list[bytes], longest: int) -> bytes:
    """Between one and four mutations."""
    for _ in range(rng.choice((1, 1, 2, 4))):
        raw = _once(raw, rng, others)
    return raw[:longest]


def _once(raw: bytes, rng: random.Random, others: list[bytes]) -> bytes:
    text = raw.decode(errors="surrogateescape")
    lines = text.splitlines(keepends=True) or [""]
    at = rng.randrange(len(lines))
    to = min(len(lines), at + rng.choice((1, 1, 2, 3, 8)))
    place = rng.randint(0, len(text))
    kind = rng.randrange(15)
    if kind == 0:
        del lines[at:to]
    elif kind == 1:
        lines[at:at] = lines[at:to]
    elif kind == 2:
        swapped = rng.randrange(len(lines))
        lines[at], lines[swapped] = lines[swapped], lines[at]
    elif kind == 3:
        by = rng.choice((1, 2, 2, 3))
        lines[at:to] = [" " * by + line for line in lines[at:to]]
    elif kind == 4:
        lines[at:to] = [line.removeprefix(" ").removeprefix(rng.choice(("", " "))) for line in lines[at:to]]
    elif kind == 5:
        key, colon, rest = lines[at].partition(": ")
        lines[at] = f"{key}: {rng.choice(TOKENS)}{rng.choice(('', rest))}" if colon else lines[at] + rng.choice(TOKENS)
    elif kind == 6:
        said = lines[at].rstrip()
        lines[at] = said + rng.choice((" # c", "  ", "\t", " #", "#c", " &b", ":")) + lines[at][len(said) :]
    elif kind == 7:
        body = lines[at].lstrip(" ")
        lead = lines[at][: len(lines[at]) - len(body)]
        lines[at] = lead + rng.choice(("- ", "? ", "'", '"', "&a ", "!!str ", "# ", "-   ", "- - ")) + body
    elif kind == 8 and others:
        donor = rng.choice(others).decode(errors="surrogateescape").splitlines(keepends=True) or [""]
        start = rng.randrange(len(donor))
        lines[at:at] = donor[start : start + rng.choice((1, 3, 10, 40))]
    elif kind == 9:
        return as_item(text).encode(errors="surrogateescape")
    elif kind == 10:
        return text.replace("\n", rng.choice(("\r\n", "\r", "\n\n", "\n  "))).encode(errors="surrogateescape")
    elif kind == 11:
        return text[:place].encode(errors="surrogateescape")
    elif kind == 12:
        end = min(len(text), place + rng.randint(0, 9))
        return (text[:place] + text[end:]).encode(errors="surrogateescape")
    else:
        return (text[:place] + rng.choice(TOKENS) + text[place:]).encode(errors="surrogateescape")
    return "".join(lines).encode(errors="surrogateescape")


def as_item(text: str) -> str:
    """The text as an item of a ResourceList between two others."""
    indented = "".join(f"  {line}" if line.strip() else line for line in text.splitlines(keepends=True))
    closing = "" if text.endswith("\n") else "\n"
    return f"{HEAD}- {indented[2:]}{closing}{TAIL}"


HEAD = """\
apiVersion: config.kubernetes.io/v1
kind: ResourceList
items:
- apiVersion: v1
  kind: Namespace
  metadata:
    name: shop
    labels:
      kuma.io/sidecar-injection: enabled
"""
TAIL = """\
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web, namespace: shop}
  spec:
    template:
      spec:
        containers:
        - {name: web, image: web}
functionConfig:
  apiVersion: fn.kuma.io/v1alpha1
  kind: MeshSetup
  metadata: {name: mesh-setup}
  spec:
    markApplied: true
    injection: {mode: manual}
    controlPlane: {address: "http://cp:5681"}
"""
