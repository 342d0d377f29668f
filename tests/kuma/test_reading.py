"""Readers of annotation and configuration values."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from krm_fn.kuma.reading import (
    KumaValueError,
    canonical_quantity,
    format_duration,
    go_quote,
    parse_duration,
    parse_map,
    parse_quantity,
    parse_uint32,
    read_boolean,
    read_duration,
    read_list,
    read_map,
    read_string,
    read_switch,
    read_uint32,
)

KEY = "kuma.io/x"


@pytest.mark.parametrize(
    ("value", "on"),
    [("true", True), ("yes", True), ("enabled", True), ("false", False), ("no", False), ("disabled", False)],
)
def test_switch(value: str, on: bool) -> None:
    assert read_switch({KEY: value}, KEY, default=not on) is on


@pytest.mark.parametrize("value", ["", "on", "True", "ENABLED", " true", "1"])
def test_wrong_switch(value: str) -> None:
    with pytest.raises(KumaValueError) as caught:
        read_switch({KEY: value}, KEY)
    assert caught.value.message == f'annotation "kuma.io/x" has wrong value "{value}"'
    assert caught.value.key == KEY


def test_absent_values_take_the_default() -> None:
    assert read_switch({}, KEY, default=True) is True
    assert read_boolean({}, KEY) is False
    assert read_uint32({}, KEY) is None
    assert read_uint32({}, KEY, 7) == 7
    assert read_string({}, KEY, "x") == "x"
    assert read_list({}, KEY) == []
    assert read_map({}, KEY) == {}
    assert read_duration({}, KEY, 5) == 5


@pytest.mark.parametrize("value", ["enabled", "disabled", ""])
def test_plain_boolean_knows_no_enabled(value: str) -> None:
    with pytest.raises(KumaValueError, match="has wrong value"):
        read_boolean({KEY: value}, KEY)


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("09901", 9901), ("4294967295", 2**32 - 1), ("0" * 5000 + "7", 7)]
)
def test_uint32(text: str, number: int) -> None:
    assert parse_uint32(text) == number


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("", '""'),
        ("plain ä 世界", '"plain ä 世界"'),
        ('say "x"', r'"say \"x\""'),
        ('X marks "X"', r'"X marks \"X\""'),
        ("back\\slash", r'"back\\slash"'),
        ("a\tb\nc\rd", r'"a\tb\nc\rd"'),
        ("\a\b\f\v", r'"\a\b\f\v"'),
        ("\x00\x1f\x7f", r'"\x00\x1f\x7f"'),
        ("\x80\xa0", r'"\u0080\u00a0"'),
        ("\uffff\U00010000", '"\\uffff\U00010000"'),
        ("\U000e0001", r'"\U000e0001"'),
        ("blank \u2003 stays out", r'"blank \u2003 stays out"'),
    ],
)
def test_quotes_are_those_of_go(text: str, quoted: str) -> None:
    assert go_quote(text) == quoted


@pytest.mark.parametrize("value", [7, None, ["x"], True])
def test_a_string_of_another_type_counts_as_absent(value: object) -> None:
    values: dict[str, Any] = {KEY: value}
    assert read_string(values, KEY, "default") == "default"
    assert read_list(values, KEY) == []


def test_an_empty_string_is_a_value() -> None:
    assert read_string({KEY: ""}, KEY, "default") == ""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "invalid syntax"),
        ("+1", "invalid syntax"),
        ("-1", "invalid syntax"),
        ("1_0", "invalid syntax"),
        ("0x10", "invalid syntax"),
        (" 1", "invalid syntax"),
        ("\u0661", "invalid syntax"),
        ("X1", "invalid syntax"),
        ("4294967296", "value out of range"),
        ("10000000000", "value out of range"),
        ("42949672950", "value out of range"),
        ("9" * 5000, "value out of range"),
    ],
)
def test_wrong_uint32(text: str, reason: str) -> None:
    with pytest.raises(KumaValueError) as caught:
        parse_uint32(text, KEY)
    wanted = f'failed to parse annotation "{KEY}": strconv.ParseUint: parsing "{text}": {reason}'
    assert caught.value.message == wanted
    assert caught.value.key == KEY


@pytest.mark.parametrize("parse", [parse_uint32, parse_map, parse_duration, parse_quantity])
def test_without_a_key_complaints_have_none(parse: Callable[[str], object]) -> None:
    with pytest.raises(KumaValueError) as caught:
        parse("")
    assert caught.value.key == ""
    assert KumaValueError("text").key == ""


def test_list_keeps_blanks_and_drops_empty_parts() -> None:
    assert read_list({KEY: ",a, b,,c"}, KEY) == ["a", " b", "c"]


def test_map() -> None:
    assert read_map({KEY: "a=1;b=;a=2"}, KEY) == {"a": "2", "b": ""}


@pytest.mark.parametrize("text", ["", "a", "a=1;", "a=b=c"])
def test_wrong_map(text: str) -> None:
    with pytest.raises(KumaValueError) as caught:
        read_map({KEY: text}, KEY)
    assert caught.value.message == (
        'invalid format. Map in "kuma.io/x" has to be provided in the following format: key1=value1;key2=value2'
    )
    assert caught.value.key == KEY


def test_a_duration_has_a_default() -> None:
    assert read_duration({}, KEY) == 0
    assert read_duration({KEY: "0"}, KEY, 5) == 0


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("5s", "5s"),
        ("1m", "1m0s"),
        ("90s", "1m30s"),
        ("1h", "1h0m0s"),
        ("1500ms", "1.5s"),
        ("1.5ms", "1.5ms"),
        ("100us", "100µs"),
        ("7ns", "7ns"),
        ("0", "0s"),
        ("0s", "0s"),
        ("-1m", "-1m0s"),
        ("+1s", "1s"),
        (".5s", "500ms"),
        ("1h2m3.004s", "1h2m3.004s"),
        ("1.s2.5ms", "1.0025s"),
        ("007s", "7s"),
        ("9223372036854775807ns", "2562047h47m16.854775807s"),
        ("-9223372036854775808ns", "-2562047h47m16.854775808s"),
        ("00000000000000000000001s", "1s"),
        ("0.000000001s", "1ns"),
    ],
)
def test_durations(text: str, printed: str) -> None:
    assert format_duration(parse_duration(text)) == printed


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", 'time: invalid duration ""'),
        ("-", 'time: invalid duration "-"'),
        (".s", 'time: invalid duration ".s"'),
        ("s", 'time: invalid duration "s"'),
        ("5", 'time: missing unit in duration "5"'),
        ("5d", 'time: unknown unit "d" in duration "5d"'),
        ("1" * 30 + "h", f'time: invalid duration "{"1" * 30}h"'),
        ("9999999h", 'time: invalid duration "9999999h"'),
        ("9223372036854775808ns", 'time: invalid duration "9223372036854775808ns"'),
        ("-9223372036854775809ns", 'time: invalid duration "-9223372036854775809ns"'),
        ("1s.5", 'time: missing unit in duration "1s.5"'),
        ("1x.5s", 'time: unknown unit "x" in duration "1x.5s"'),
        ("1sX", 'time: unknown unit "sX" in duration "1sX"'),
    ],
)
def test_wrong_durations(text: str, message: str) -> None:
    with pytest.raises(KumaValueError) as caught:
        parse_duration(text, KEY)
    assert caught.value.message == message
    assert caught.value.key == KEY


@settings(max_examples=150)
@given(st.integers(-(2**62), 2**62))
def test_a_printed_duration_reads_back(nanoseconds: int) -> None:
    assert parse_duration(format_duration(nanoseconds)) == nanoseconds


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1000m", "1"),
        ("2000m", "2"),
        ("0.5", "500m"),
        ("1100m", "1100m"),
        ("1024Mi", "1Gi"),
        ("1.5Gi", "1536Mi"),
        ("1000M", "1G"),
        ("164Mi", "164Mi"),
        ("0Ki", "0"),
        ("0.5Ki", "512"),
        ("0.1Ki", "102400m"),
        ("0.1n", "1n"),
        ("-0.1n", "-1n"),
        ("1Ki", "1Ki"),
        ("1024Ki", "1Mi"),
        ("1023", "1023"),
        ("1e3", "1e3"),
        ("1E3", "1e3"),
        ("1e+3", "1e3"),
        ("1e-3", "1e-3"),
        ("1500e-3", "1500e-3"),
        ("5e0", "5"),
        ("20E-6", "20e-6"),
        ("1e6", "1e6"),
        ("0" * 99 + "1", "1"),
        ("12E", "9223372036854775807"),
        (0, "0"),
        (2, "2"),
        (0.25, "250m"),
    ],
)
def test_quantities(value: object, text: str) -> None:
    assert canonical_quantity(value) == text


@pytest.mark.parametrize(
    "value", ["", "abc", "1.2.3", ".", "1 Gi", "--1", "X1", "1X3", None, True, [], "0" * 100 + "1", "1" * 5000]
)
def test_malformed_quantities(value: object) -> None:
    with pytest.raises(KumaValueError) as caught:
        canonical_quantity(value, KEY)
    assert caught.value.key == KEY
    assert caught.value.message == (
        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
    )
    with pytest.raises(KumaValueError) as caught:
        canonical_quantity(value)
    assert caught.value.key == ""


@pytest.mark.parametrize("value", ["1KiKi", "1mm", "1e", "1e+", "1e1000", "1e+-3"])
def test_unknown_suffix(value: str) -> None:
    with pytest.raises(KumaValueError) as caught:
        parse_quantity(value, KEY)
    assert (caught.value.message, caught.value.key) == ("unable to parse quantity's suffix", KEY)


@pytest.mark.parametrize(
    ("text", "value", "milli"),
    [("1e3", 1000, 10**6), ("1e-3", 1, 1), ("25e+1", 250, 250_000), ("1e100", 2**63 - 1, (2**63 - 1) * 1000)],
)
def test_exponents(text: str, value: int, milli: int) -> None:
    assert (parse_quantity(text).value, parse_quantity(text).milli) == (value, milli)


def test_quantity_values_round_up() -> None:
    assert parse_quantity("1100m").value == 2
    assert parse_quantity("100u").milli == 1
    assert parse_quantity("0").is_zero


@settings(max_examples=150)
@given(st.integers(0, 10**12), st.sampled_from(["m", "", "k", "M", "Ki", "Mi", "Gi", "e3"]))
def test_a_canonical_quantity_is_stable(number: int, suffix: str) -> None:
    once = canonical_quantity(f"{number}{suffix}")
    assert canonical_quantity(once) == once
    assert parse_quantity(once).nano == parse_quantity(f"{number}{suffix}").nano


@settings(max_examples=150)
@given(st.text(max_size=12))
def test_hostile_text_raises_nothing_else(text: str) -> None:
    for parse in (parse_uint32, parse_duration, parse_quantity):
        with contextlib.suppress(KumaValueError):
            parse(text)
