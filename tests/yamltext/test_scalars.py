"""Typing and quoting of scalars; the rows were measured with kyaml 0.18 and sigs.k8s.io/yaml 1.4."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from krm_fn.yamltext.read import read_value
from krm_fn.yamltext.scalars import (
    APPLY,
    KYAML,
    TAG_PREFIX,
    double_quoted,
    needs_quotes,
    plain_value,
    scalar,
    tagged_value,
)

MEASURED = Path(__file__).parents[3] / "shared" / "design" / "scalars.yaml"

SAME_FOR_BOTH: list[tuple[str, Any]] = [
    ("web", "web"),
    ("", None),
    ("~", None),
    ("NULL", None),
    ("nULL", "nULL"),
    ("true", True),
    ("FALSE", False),
    ("fAlse", "fAlse"),
    ("0", 0),
    ("-0", 0),
    ("42", 42),
    ("+7", 7),
    ("-12", -12),
    ("0755", 493),
    ("-010", -8),
    ("09", 9.0),
    ("0o17", 15),
    ("0O17", 15),
    ("-0o7", -7),
    ("0xff", 255),
    ("0XFF", 255),
    ("-0x10", -16),
    ("0x", "0x"),
    ("0xfg", "0xfg"),
    ("0b101", 5),
    ("0b12", "0b12"),
    ("0b-11", -3),
    ("1_0_0", 100),
    ("1__", 1),
    ("+_1", 1),
    ("_", "_"),
    ("1_000.5", 1000.5),
    ("9223372036854775807", 9223372036854775807),
    ("9223372036854775808", 9223372036854775808),
    ("18446744073709551615", 18446744073709551615),
    ("18446744073709551616", 1.8446744073709552e19),
    ("+18446744073709551615", 1.8446744073709552e19),
    ("-9223372036854775808", -9223372036854775808),
    ("-9223372036854775809", -9.223372036854776e18),
    ("1.5", 1.5),
    ("2.", 2.0),
    (".5", 0.5),
    (".5_0", 0.5),
    ("._5", "._5"),
    ("+.5", 0.5),
    ("1e3", 1000.0),
    ("1E+3", 1000.0),
    ("1e400", "1e400"),
    ("1e-400", 0.0),
    ("1e", "1e"),
    (".", "."),
    ("..", ".."),
    ("+", "+"),
    ("-", "-"),
    (".inf", float("inf")),
    ("+.INF", float("inf")),
    ("-.Inf", float("-inf")),
    (".iNF", ".iNF"),
    ("inf", "inf"),
    ("nan", "nan"),
    ("1.2.3", "1.2.3"),
    ("10.0.0.1", "10.0.0.1"),
    ("500m", "500m"),
    ("12:30:45", "12:30:45"),
    ("=", "="),
    ("<<", "<<"),
    ("2024-13-01", "2024-13-01"),
    ("2023-02-29", "2023-02-29"),
    ("2024-01-01T24:00:00Z", "2024-01-01T24:00:00Z"),
    ("2024-01-01 10:00:00 +02:00", "2024-01-01 10:00:00 +02:00"),
    ("١٢", "١٢"),
]

DIFFERENT: list[tuple[str, Any, Any]] = [
    ("y", True, "y"),
    ("YES", True, "YES"),
    ("On", True, "On"),
    ("n", False, "n"),
    ("No", False, "No"),
    ("OFF", False, "OFF"),
    ("oN", "oN", "oN"),
    ("0o-7", "0o-7", -7),
    ("2024-1-2", "2024-1-2", "2024-01-02T00:00:00Z"),
    ("2024-02-29", "2024-02-29", "2024-02-29T00:00:00Z"),
    ("2024-1-2 3:4:5", "2024-1-2 3:4:5", "2024-01-02T03:04:05Z"),
    ("2024-01-02t03:04:05.120Z", "2024-01-02t03:04:05.120Z", "2024-01-02T03:04:05.12Z"),
    ("2024-01-02T03:04:05+02:00", "2024-01-02T03:04:05+02:00", "2024-01-02T03:04:05+02:00"),
    ("2024-01-02T03:04:05-00:00", "2024-01-02T03:04:05-00:00", "2024-01-02T03:04:05Z"),
    ("2024-01-02T03:04:05,5Z", "2024-01-02T03:04:05,5Z", "2024-01-02T03:04:05.5Z"),
]


@pytest.mark.parametrize("typing", [KYAML, APPLY])
@pytest.mark.parametrize(("text", "value"), SAME_FOR_BOTH)
def test_both_readers(text: str, value: Any, typing: str) -> None:
    assert plain_value(text, typing) == value
    assert type(plain_value(text, typing)) is type(value)


@pytest.mark.parametrize(("text", "apply", "kyaml"), DIFFERENT)
def test_the_readers_differ(text: str, apply: Any, kyaml: Any) -> None:
    assert (plain_value(text, APPLY), plain_value(text, KYAML)) == (apply, kyaml)


def test_nan() -> None:
    value = plain_value(".nan", KYAML)
    assert isinstance(value, float)
    assert value != value


@pytest.mark.skipif(not MEASURED.is_file(), reason="the measured table is not here")
def test_the_measured_table() -> None:
    rows = yaml.safe_load(MEASURED.read_text(encoding="utf-8"))
    assert rows
    for row in rows:
        for typing in (KYAML, APPLY):
            value = read_value(f"key: {row['text']}\n", typing)["key"]
            assert (row["text"], value) == (row["text"], row[typing])
            assert isinstance(value, bool) == isinstance(row[typing], bool)


TAGGED: list[tuple[str, str, Any]] = [
    ("str", "12", "12"),
    ("str", "", ""),
    ("str", "null", "null"),
    ("int", "12", 12),
    ("int", "0o7", 7),
    ("float", "1", 1.0),
    ("float", "1.5", 1.5),
    ("bool", "true", True),
    ("null", "", None),
    ("null", "~", None),
    ("binary", "aGVs\n bG8=", "hello"),
    ("binary", "/w==", "�"),
    ("timestamp", "2024-1-2", "2024-01-02T00:00:00Z"),
    ("value", "=", "="),
    ("other", "12", "12"),
]


@pytest.mark.parametrize(("tag", "text", "value"), TAGGED)
def test_tags(tag: str, text: str, value: Any) -> None:
    found = tagged_value(TAG_PREFIX + tag, text, KYAML)
    assert found == value
    assert type(found) is type(value)


def test_local_tags_are_strings() -> None:
    assert tagged_value("!Ref", "12", KYAML) == "12"
    assert read_value("a: !Ref 12\n", APPLY) == {"a": "12"}


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        ("int", "abc"),
        ("int", "1.0"),
        ("float", "abc"),
        ("bool", "1"),
        ("bool", "yes"),
        ("null", "x"),
        ("int", ""),
        ("binary", "%%"),
        ("timestamp", "x"),
    ],
)
def test_tags_that_do_not_fit(tag: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        tagged_value(TAG_PREFIX + tag, text, KYAML)


def test_yes_is_a_bool_by_tag_for_apply_only() -> None:
    assert tagged_value(TAG_PREFIX + "bool", "yes", APPLY) is True


PLAIN = [
    "web", "a b", "web-1", "v1.2.3", "1.2.3", "10.0.0.1", "10.0.0.0/8", "500m", "100Mi", "http://x/y", "a,b", "a#b",
    "--flag=x", "-x", "/path", "./x", ".hidden", "é", "日本", "it's", 'say "x"', "key=value", "x<<y", "Yes!", "nginx",
    "none", "nothing", "a:b", "3h", "_1",
]  # fmt: skip
QUOTED = [
    "", " ", " a", "a ", "~", "null", "Null", "nULL", "true", "tRue", "yes", "Y", "n", "on", "Off", "0", "1", "-1",
    "+1", "1.", ".5", "1.5", "08", "0o17", "0777", "0x1F", "0b11", "1_000", "1,000", "1e3", "1E5", "-1e5", "123e45",
    "6e2", "1e3x", "85e3", "0E1", "1e+3", "1.0e3", "2020-1-1", "2024-01-01", "2024-01-01T10:00:00Z", "12:30",
    "1:30:45", ".inf", "-.INF", ".NaN", "=", "<<", "-", "- a", "---", "--- a", "...", "... a", "?", "? a", ":",
    ": a", "a: b", "a:", "a #b", "#a", "&a", "*a", "!a", "|", ">", "@a", "`a", "%a", "'a", '"a', "{a", "[a", "}",
    "]", ",a", "\t", "a\tb", "a\nb", "\n", "a\r", "\x00", "\x07", "\x7f", "\x85", "\xa0", "\u2028", "\ufeff",
    "\ufffe", "\ud800", "2001-12-14 21:59",
]  # fmt: skip


@pytest.mark.parametrize("text", PLAIN)
def test_plain_where_that_is_safe(text: str) -> None:
    assert not needs_quotes(text)
    assert scalar(text) == text
    for typing in (KYAML, APPLY):
        assert read_value(f"k: {text}\n", typing) == {"k": text}
    assert yaml.safe_load(f"k: {text}\n") == {"k": text}


@pytest.mark.parametrize("text", QUOTED)
def test_quoted_where_a_reader_could_err(text: str) -> None:
    assert needs_quotes(text)
    assert scalar(text) == double_quoted(text)
    if text != "\ud800":  # no YAML text can hold half a surrogate pair
        assert read_value(f"k: {double_quoted(text)}\n", KYAML) == {"k": text}
        assert yaml.safe_load(f"k: {double_quoted(text)}\n") == {"k": text}


@pytest.mark.parametrize("text", ["a,b", "a]", "{", "a:b", "x?", "http://x"])
def test_more_is_quoted_between_brackets(text: str) -> None:
    assert needs_quotes(text, flow=True)
    assert read_value(f"[{scalar(text, flow=True)}]", KYAML) == [text]


def test_double_quotes_are_json() -> None:
    import json

    for text in ["plain", 'a"b\\c', "\x00\x1f\x7f\x85\u2028\ufeff", "\n\t\r\b\f", "é日😀"]:
        assert json.loads(double_quoted(text)) == text
