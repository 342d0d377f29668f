"""Readers of annotation, label and configuration values, with Kuma's own error texts.

Annotation readers take the map of annotations (or labels) and a key. A key that is absent gives the default; an empty
string is present. Follows pkg/plugins/runtime/k8s/metadata/annotations.go, Go's strconv and time packages, and
apimachinery's resource.Quantity.
"""

from __future__ import annotations

from krm_fn.kuma.names import BOOLEAN_VALUES, SWITCH_VALUES
from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeVar

    T = TypeVar("T")

UINT32_MAX = 2**32 - 1
DIGITS = frozenset("0123456789")


class KumaValueError(Exception):
    """A value that Kuma refuses: `message` is Kuma's text, `key` the annotation, label or configuration path."""

    def __init__(self, message: str, key: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.key = key


# --- Annotations ------------------------------------------------------------------------------------------------------
def read_switch(values: Mapping[str, str], key: str, default: bool = False) -> bool:
    """Return whether the value is on: true, yes, enabled (off: false, no, disabled). Raise on anything else."""
    return _one_of(SWITCH_VALUES, values, key, default)


def read_boolean(values: Mapping[str, str], key: str, default: bool = False) -> bool:
    """Return the plain boolean: true, yes, false or no. Raise on anything else, also enabled and disabled."""
    return _one_of(BOOLEAN_VALUES, values, key, default)


def read_uint32(values: Mapping[str, str], key: str, default: int | None = None) -> int | None:
    """Return the number, 0 to 4294967295. Raise when it is not made of digits only, or too large."""
    return _convert(parse_uint32, values, key, default)


def read_string(values: Mapping[str, str], key: str, default: str = "") -> str:
    """Return the value as it stands."""
    value = values.get(key, default)
    return value if isinstance(value, str) else default


def read_list(values: Mapping[str, str], key: str) -> list[str]:
    """Return the parts between commas; empty ones are dropped, blanks kept."""
    return split_list(read_string(values, key))


def read_map(values: Mapping[str, str], key: str) -> dict[str, str]:
    """Return the pairs of `a=1;b=2`. Raise when a piece does not have exactly one equals sign."""
    return _convert(parse_map, values, key, None) or {}


def read_duration(values: Mapping[str, str], key: str, default: int = 0) -> int:
    """Return the Go duration in nanoseconds. Raise when it is not one."""
    found = _convert(parse_duration, values, key, None)
    return default if found is None else found


def _one_of(known: Mapping[str, bool], values: Mapping[str, str], key: str, default: bool) -> bool:
    if key not in values:
        return default
    value = values[key]
    if value not in known:
        raise KumaValueError(f'annotation "{key}" has wrong value "{value}"', key)
    return known[value]


def _convert(parse: Callable[[str, str], T], values: Mapping[str, str], key: str, default: T | None) -> T | None:
    return parse(values[key], key) if key in values else default


def split_list(text: str) -> list[str]:
    """Split at commas; drop empty parts; keep blanks."""
    return [part for part in text.split(",") if part]


def parse_uint32(text: str, key: str = "") -> int:
    """Read digits as a number below 2^32, with the error text of Go's strconv otherwise."""
    reason = "invalid syntax"
    if text and DIGITS.issuperset(text):
        # Longer texts are out of range whatever they say, and Python refuses to convert very long ones.
        significant = text.lstrip("0") or "0"
        if len(significant) <= 10 and (number := int(significant)) <= UINT32_MAX:
            return number
        reason = "value out of range"
    raise KumaValueError(
        f'failed to parse annotation "{key}": strconv.ParseUint: parsing {go_quote(text)}: {reason}', key
    )


def parse_map(text: str, key: str = "") -> dict[str, str]:
    """Read `a=1;b=2`; a later duplicate wins."""
    found = {}
    for piece in text.split(";"):
        pair = piece.split("=")
        if len(pair) != 2:
            wanted = "key1=value1;key2=value2"
            raise KumaValueError(
                f'invalid format. Map in "{key}" has to be provided in the following format: {wanted}', key
            )
        found[pair[0]] = pair[1]
    return found


GO_ESCAPES = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}


def go_quote(text: str) -> str:
    """Quote a string as Go's strconv.Quote does."""
    if '"' not in text and "\\" not in text and text.isprintable():
        return f'"{text}"'
    return '"' + "".join(_go_escape(char) for char in text) + '"'


def _go_escape(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    if char in GO_ESCAPES:
        return GO_ESCAPES[char]
    if char.isprintable():
        return char
    code = ord(char)
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


# --- Durations --------------------------------------------------------------------------------------------------------
SECOND = 10**9
DURATION_UNITS = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,  # U+00B5, the micro sign
    "μs": 10**3,  # U+03BC, the Greek letter mu
    "ms": 10**6,
    "s": SECOND,
    "m": 60 * SECOND,
    "h": 3600 * SECOND,
}
DURATION_MAX = 2**63


def parse_duration(text: str, key: str = "") -> int:
    """Read a Go duration text (`1h30m`, `1.5s`, `0`) as nanoseconds."""
    negative = text[:1] == "-"
    at = 1 if text[:1] in ("-", "+") else 0
    if text[at:] == "0":
        return 0
    if at == len(text):
        raise _invalid_duration(text, key)
    total = 0
    while at < len(text):
        nanoseconds, at = _duration_part(text, at, key)
        total += nanoseconds
    if total > DURATION_MAX or (total == DURATION_MAX and not negative):
        raise _invalid_duration(text, key)
    return -total if negative else total


def _duration_part(text: str, at: int, key: str) -> tuple[int, int]:
    """The number and unit that start at an index, as nanoseconds, and the index after them."""
    end = _leading(text, at, digits=True)
    whole, fraction = text[at:end], ""
    if text[end : end + 1] == ".":
        at, end = end + 1, _leading(text, end + 1, digits=True)
        fraction = text[at:end]
    if not (whole or fraction) or len(whole.lstrip("0")) > 19:
        raise _invalid_duration(text, key)
    at, end = end, _leading(text, end, digits=False)
    unit = text[at:end]
    if not unit:
        raise KumaValueError(f"time: missing unit in duration {go_quote(text)}", key)
    if unit not in DURATION_UNITS:
        raise KumaValueError(f"time: unknown unit {go_quote(unit)} in duration {go_quote(text)}", key)
    scale = DURATION_UNITS[unit]
    fraction = fraction[:30]  # finer than any unit shows
    return int(whole.lstrip("0") or "0") * scale + int(fraction or "0") * scale // 10 ** len(fraction), end


def _leading(text: str, start: int, digits: bool) -> int:
    """Where the digits end that start at an index, or what is neither digit nor point."""
    end = start
    while end < len(text) and ((text[end] in DIGITS) if digits else (text[end] not in DIGITS and text[end] != ".")):
        end += 1
    return end


def _invalid_duration(text: str, key: str) -> KumaValueError:
    return KumaValueError(f"time: invalid duration {go_quote(text)}", key)


def format_duration(nanoseconds: int) -> str:
    """Print nanoseconds as Go does: `0s`, `1.5ms`, `1m30s`, `1h0m0s`."""
    if nanoseconds < 0:
        return "-" + format_duration(-nanoseconds)
    if nanoseconds == 0:
        return "0s"
    if nanoseconds < SECOND:
        scale, unit = next((s, u) for s, u in ((10**6, "ms"), (10**3, "µs"), (1, "ns")) if nanoseconds >= s)
        return _decimal(nanoseconds, scale) + unit
    minutes, rest = divmod(nanoseconds, 60 * SECOND)
    hours, minutes = divmod(minutes, 60)
    seconds = _decimal(rest, SECOND) + "s"
    if hours:
        return f"{hours}h{minutes}m{seconds}"
    return f"{minutes}m{seconds}" if minutes else seconds


def _decimal(number: int, scale: int) -> str:
    whole, rest = divmod(number, scale)
    if not rest:
        return str(whole)
    return f"{whole}." + str(rest).rjust(len(str(scale)) - 1, "0").rstrip("0")


# --- Quantities -------------------------------------------------------------------------------------------------------
NANO = 10**9
DECIMAL_SUFFIXES = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
BINARY_SUFFIXES = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
DECIMAL_BY_EXPONENT = {exponent: suffix for suffix, exponent in DECIMAL_SUFFIXES.items()}
BINARY_BY_POWER = {power: suffix for suffix, power in BINARY_SUFFIXES.items()} | {0: ""}
QUANTITY_MAX = (2**63 - 1) * NANO
MANTISSA_MAX = 100  # characters; real ones have a handful


class Quantity(Record):
    """A Kubernetes quantity: its value in billionths, and the family it is written in: decimal, binary or exponent."""

    nano: int
    family: str = "decimal"

    @property
    def is_zero(self) -> bool:
        return self.nano == 0

    @property
    def milli(self) -> int:
        """The value in thousandths, rounded up, as Go's MilliValue."""
        return -(-self.nano // 10**6)

    @property
    def value(self) -> int:
        """The value as an integer, rounded up, as Go's Value."""
        return -(-self.nano // NANO)

    def __str__(self) -> str:
        if self.nano == 0:
            return "0"
        if self.family == "binary" and abs(self.nano) >= 1024 * NANO and self.nano % NANO == 0:
            return _binary(self.nano // NANO)
        return _metric(self.nano, with_exponent=self.family == "exponent")


def _binary(number: int) -> str:
    power = 0
    while number % 1024 == 0 and power < 6:
        number, power = number // 1024, power + 1
    return f"{number}{BINARY_BY_POWER[power]}"


def _metric(nano: int, with_exponent: bool) -> str:
    exponent = -9
    while nano % 1000 == 0 and exponent < 18:
        nano, exponent = nano // 1000, exponent + 3
    if not with_exponent:
        return f"{nano}{DECIMAL_BY_EXPONENT[exponent]}"
    return f"{nano}e{exponent}" if exponent else str(nano)


def parse_quantity(value: object, key: str = "") -> Quantity:
    """Read a quantity given as text or, in configuration, as a number. Raise with apimachinery's texts."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value:
        raise _malformed_quantity(key)
    signed = value[1:] if value[0] in "+-" else value
    end = 0
    while end < len(signed) and (signed[end] in DIGITS or signed[end] == "."):
        end += 1
    mantissa, suffix = signed[:end], signed[end:]
    whole, _, fraction = mantissa.partition(".")
    if not whole + fraction or "." in fraction or len(mantissa) > MANTISSA_MAX:
        raise _malformed_quantity(key)
    family, numerator, divisor = _suffix_factor(suffix, key)
    scaled = int(whole + fraction) * numerator * NANO
    nano = min(-(-scaled // (divisor * 10 ** len(fraction))), QUANTITY_MAX)  # rounded up to billionths
    return Quantity(-nano if value[0] == "-" else nano, family)


def canonical_quantity(value: object, key: str = "") -> str:
    """Return the quantity in the form in which Kubernetes writes it back: `1000m` -> `1`, `1.5Gi` -> `1536Mi`."""
    return str(parse_quantity(value, key))


def _suffix_factor(suffix: str, key: str) -> tuple[str, int, int]:
    if suffix in DECIMAL_SUFFIXES:
        exponent = DECIMAL_SUFFIXES[suffix]
        return "decimal", 10 ** max(exponent, 0), 10 ** max(-exponent, 0)
    if suffix in BINARY_SUFFIXES:
        return "binary", 1024 ** BINARY_SUFFIXES[suffix], 1
    if suffix[0] in "eE":
        digits = suffix[2:] if suffix[1:2] in ("+", "-") else suffix[1:]
        if digits and DIGITS.issuperset(digits) and len(digits) <= 3:
            exponent = int(digits)
            return ("exponent", 1, 10**exponent) if suffix[1] == "-" else ("exponent", 10**exponent, 1)
    if not set(suffix) <= QUANTITY_SUFFIX_CHARS:
        raise _malformed_quantity(key)
    raise KumaValueError("unable to parse quantity's suffix", key)


QUANTITY_SUFFIX_CHARS = frozenset("eEinumkKMGTP0123456789+-")


def _malformed_quantity(key: str) -> KumaValueError:
    pattern = "^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$"
    return KumaValueError(f"quantities must match the regular expression '{pattern}'", key)
