"""Scalars: what a word in a YAML file means to Kubernetes' readers, and when a string needs quotes.

Two readers meet Kubernetes manifests, and they differ: kyaml (kustomize, kpt) and sigs.k8s.io/yaml (``kubectl apply``).
Both descend from go-yaml, so `plain_value` follows its resolver step by step:
https://github.com/go-yaml/yaml/blob/v3.0.1/resolve.go, with the words of
https://github.com/go-yaml/yaml/blob/v2.4.0/resolve.go for ``apply``. PyYAML's resolver has no say.

Numbers as go-yaml sees them: integers of 64 bits (signed, or unsigned without a sign) are ints; longer ones are floats;
a number too large for a float is a string; ``.inf`` and ``.nan`` are floats. Timestamps stay strings: ``apply`` keeps
their text, kyaml spells them as RFC 3339 does.
"""

from __future__ import annotations

from krm_fn.memory import cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re

    Scalar = str | int | float | bool | None

KYAML = "kyaml"
APPLY = "apply"
TAG_PREFIX = "tag:yaml.org,2002:"

_COMMON_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
_YAML_1_1_BOOLS: dict[str, Scalar] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "off", "Off", "OFF"), False),
}
_WORDS = {KYAML: _COMMON_WORDS, APPLY: _COMMON_WORDS | _YAML_1_1_BOOLS}
_DIGITS = frozenset("0123456789")
_MAYBE_NUMBER = frozenset("0123456789+-.")
_FLOAT_CHARACTERS = "0123456789.eE+-"
_BASES = {"0x": 16, "0o": 8, "0b": 2}
_INT_MIN, _INT_MAX, _UINT_MAX = -(2**63), 2**63 - 1, 2**64 - 1
_MEMORY = 50_000


class _Known(dict[str, "Scalar"]):
    """Meanings of the plain scalars seen so far; a new one is worked out on first sight."""

    def __init__(self, typing: str) -> None:
        self._typing = typing
        super().__init__(_WORDS[typing])

    def __missing__(self, text: str) -> Scalar:
        value: Scalar = _number_or_text(text, self._typing) if text[0] in _MAYBE_NUMBER else text
        self[text] = value
        return value


_known = {KYAML: _Known(KYAML), APPLY: _Known(APPLY)}


def known_scalars(typing: str) -> dict[str, Scalar]:
    """A dict that answers for any text what that plain scalar means: the readers' fast path.

    It remembers what it is asked, and forgets between two calls of this function when it has grown large.
    """
    known = _known[typing]
    if len(known) > _MEMORY:
        known = _known[typing] = _Known(typing)
    return known


def plain_value(text: str, typing: str) -> Scalar:
    """What the plain (unquoted, untagged) scalar `text` means to the reader named by `typing`: KYAML or APPLY."""
    return known_scalars(typing)[text]


def tagged_value(tag: str, text: str, typing: str) -> Scalar:
    """What a scalar with an explicit tag means, quoted or not; `tag` is written out (``tag:yaml.org,2002:int``).

    Unknown tags leave a string. Raises ValueError where go-yaml refuses the pair (``!!int abc``).
    """
    kind = tag.removeprefix(TAG_PREFIX) if tag.startswith(TAG_PREFIX) else ""
    if kind == "binary":
        return _binary(text)
    allowed = _TYPES_OF_TAG.get(kind)
    if allowed is None:
        return text
    if kind == "timestamp":
        if _timestamp(text) is None:
            raise ValueError(f"{text!r} is not a timestamp")
        return plain_value(text, typing)
    value = plain_value(text, typing)
    if kind == "float" and type(value) is int:
        value = float(value)
    if type(value) not in allowed:
        raise ValueError(f"{text!r} is not of type !!{kind}")
    return value


_TYPES_OF_TAG: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (float,),
    "bool": (bool,),
    "null": (type(None),),
    "timestamp": (str,),
}


def _binary(text: str) -> str:
    import binascii

    try:
        return binascii.a2b_base64("".join(text.split()), strict_mode=True).decode("utf-8", "replace")
    except binascii.Error:
        raise ValueError("!!binary needs base64 text") from None


def _number_or_text(text: str, typing: str) -> Scalar:
    """The order of go-yaml's resolve(): timestamp, integer, float, then binary and octal with an inner sign."""
    first = text[0]
    if first == ".":
        return _float(text, text)
    if typing == KYAML and first in _DIGITS and text[4:5] == "-":
        timestamp = _timestamp(text)
        if timestamp is not None:
            return timestamp
    plain = text.replace("_", "")
    integer = _integer(plain)
    if integer is not None:
        return integer
    value = _float(plain, text)
    if value is not text:
        return value
    return _signed_after_prefix(plain, text, typing)


def _integer(text: str) -> int | None:
    """strconv.ParseInt(text, 0, 64), then ParseUint: decimal, 0 and 0o octal, 0x, 0b, with an optional sign."""
    signed = text[:1] in ("+", "-")
    digits = text[1:] if signed else text
    if not (digits.isascii() and digits.isalnum()):
        return None
    base = 10
    if digits[0] == "0" and len(digits) > 1:
        base = _BASES.get(digits[:2].lower(), 8)
        if base != 8 or digits[1] in "oO":
            digits = digits[2:]
    elif len(digits) > 20 or digits[0] not in _DIGITS:
        return None
    try:
        value = int(digits, base)
    except ValueError:
        return None
    if text[0] == "-":
        value = -value
    return value if _INT_MIN <= value <= (_INT_MAX if signed else _UINT_MAX) else None


def _float(text: str, otherwise: str) -> float | str:
    if text.replace("_", "").strip(_FLOAT_CHARACTERS):
        return otherwise
    try:
        value = float(text)
    except ValueError:
        return otherwise
    return otherwise if value in (float("inf"), float("-inf")) else value


def _signed_after_prefix(plain: str, text: str, typing: str) -> int | str:
    """``0b-11`` is -3 to both readers and ``0o-7`` is -7 to kyaml: go-yaml parses what follows the prefix again."""
    sign, rest = ("-", plain[1:]) if plain[:1] == "-" else ("", plain)
    base = {"0b": 2, "0o": 8 if typing == KYAML else 0}.get(rest[:2], 0)
    digits = rest[2:].lstrip("+-") if base and not sign else ""
    if not (digits and digits.isalnum() and digits.isascii() and len(rest) - len(digits) == 3):
        return text
    try:
        value = int(rest[2:], base)
    except ValueError:
        return text
    return value if _INT_MIN <= value <= _INT_MAX else text


@cache
def _timestamp_pattern() -> re.Pattern[str]:
    from re import compile  # loaded for the first text that may be a timestamp: starting fast matters

    return compile(
        r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
        r"(?:(?:(?P<t>[Tt])| )([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,]([0-9]+))?"
        r"(?P<zone>(?(t)(?:Z|[-+][0-9]{2}:[0-9]{2})|)))?"
    )


def _timestamp(text: str) -> str | None:
    """The timestamp in kyaml's spelling (Go's RFC3339Nano), or None when the text is none."""
    match = _timestamp_pattern().fullmatch(text)
    if match is None:
        return None
    year, month, day, _, hour, minute, second, fraction, zone = match.groups()
    if not (1 <= int(month) <= 12 and 1 <= int(day) <= _days(int(year), int(month))):
        return None
    date = f"{year}-{int(month):02}-{int(day):02}"
    if hour is None:
        return f"{date}T00:00:00Z"
    if int(hour) > 23 or int(minute) > 59 or int(second) > 59:
        return None
    digits = (fraction or "")[:9].rstrip("0")
    if zone and zone != "Z":
        minutes = int(zone[1:3]) * 60 + int(zone[4:])
        if minutes >= 24 * 60 or int(zone[4:]) > 60:
            return None
        zone = f"{zone[0]}{minutes // 60:02}:{minutes % 60:02}" if minutes else "Z"
    zone = zone or "Z"
    return f"{date}T{int(hour):02}:{int(minute):02}:{int(second):02}{'.' + digits if digits else ''}{zone}"


def _days(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


_RESERVED_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))
_PLAIN_START_FORBIDDEN = frozenset(" \t?:,[]{}#&*!|>'\"%@`~=+")
_NUMBER_LIKE = "0123456789abcdefABCDEF_+-.:xXoOtTzZ, "
_FLOW_INDICATORS = frozenset(",[]{}:?")


def needs_quotes(text: str, flow: bool = False) -> bool:
    """Whether a string must be quoted: to be read as that string by kyaml, kubectl and any YAML 1.1 or 1.2 reader.

    Cautious: whatever looks like a number, date or time to any of them is quoted. `flow` adds what a plain scalar may
    not hold between brackets.
    """
    if not text or not text.isprintable() or text[-1] in " :":
        return True
    if ": " in text or " #" in text or (flow and not _FLOW_INDICATORS.isdisjoint(text)):
        return True
    first = text[0]
    if first in _PLAIN_START_FORBIDDEN:
        return True
    if first in _MAYBE_NUMBER:
        return _number_like(first, text)
    if first == "<":
        return text.startswith("<<")
    return len(text) < 6 and text.lower() in _RESERVED_WORDS


def _number_like(first: str, text: str) -> bool:
    if first == "-":
        return not text.lstrip("-")[:1].isalpha() or text.startswith("---")
    if first == ".":
        return text.startswith("...") or text[1:].lower() in ("inf", "nan") or not text.strip(_NUMBER_LIKE)
    if text.strip(_NUMBER_LIKE):
        return False
    return text.count(".") < 2 or bool(text.replace(".", "").strip("0123456789"))


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\b": "\\b", "\f": "\\f"}


def double_quoted(text: str) -> str:
    """The string between double quotes, on one line, in a spelling that JSON shares with YAML."""
    if text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable() or character > "\uffff":
        return character
    return f"\\u{ord(character):04x}"


def scalar(text: str, flow: bool = False) -> str:
    """The string as YAML: plain where that is safe everywhere, between double quotes elsewhere."""
    return double_quoted(text) if needs_quotes(text, flow) else text
