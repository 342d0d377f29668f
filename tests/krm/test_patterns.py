"""Patterns: the RE2 dialect, whole-string matching, agreement with Python's engine where both mean the same."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from krm_fn.krm.patterns import PatternError, whole_match

MATCHING = [
    ("shop", "shop"),
    ("shop-.*", "shop-"),
    ("shop-.*", "shop-eu-1"),
    ("shop|kong", "kong"),
    ("(shop|kong)-[0-9]+", "kong-17"),
    ("[a-z0-9]+(-[a-z0-9]+)*", "a-b-c"),
    (r"a\.b", "a.b"),
    ("^shop$", "shop"),
    ("(^shop|kong$)", "kong"),
    (r"\Ashop\z", "shop"),
    ("x{2,3}", "xxx"),
    ("x{2,}", "xxxxx"),
    ("x{2}", "xx"),
    ("(ab){1,2}?", "abab"),
    ("a{", "a{"),
    ("a{,2}", "a{,2}"),
    ("a{x}", "a{x}"),
    ("(?i)SHOP", "shop"),
    ("(?i:S)hop", "shop"),
    ("(?P<name>s)hop", "shop"),
    ("(?<name>s)hop", "shop"),
    (r"\d\D\w\W\s\S", "1a_- x"),
    ("[[:alpha:]_]+", "a_Z"),
    ("[[:^digit:]]", "a"),
    (r"[\w-]+", "a-b_c"),
    (r"[\D]", "a"),
    ("[^a-c]", "d"),
    ("[]a]", "]"),
    ("[a-]", "-"),
    ("[a-c-e]+", "b-e"),
    (r"\x41\x{42}", "AB"),
    (r"\-\_", "-_"),
    ("", ""),
    ("a?", ""),
    ("(a*)*", "aaa"),
    ("(a|b|)*", "abab"),
    ("(?s).", "\n"),
    ("a(?i)*b", "aB"),
    ("é+", "éé"),
]

NOT_MATCHING = [
    ("shop", "shops"),
    ("shop", "eshop"),
    ("shop", "shop\n"),
    ("shop$", "shop\n"),
    ("shop.", "shop\n"),
    ("shop|kong", "shopkong"),
    (r"a\.b", "axb"),
    ("SHOP", "shop"),
    ("(?i:S)hop", "SHOP"),
    ("x{2,3}", "x"),
    ("x{2,3}", "xxxx"),
    (r"\d", "\u0663"),
    (r"\w", "é"),
    ("a^b", "ab"),
    ("a$b", "ab"),
    ("[^a-c]", "b"),
    ("(?i)[^a]", "A"),
    ("[a-c-e]", "d"),
    ("a+", ""),
]


@pytest.mark.parametrize(("pattern", "text"), MATCHING)
def test_matches(pattern: str, text: str) -> None:
    assert whole_match(pattern)(text)


@pytest.mark.parametrize(("pattern", "text"), NOT_MATCHING)
def test_does_not_match(pattern: str, text: str) -> None:
    assert not whole_match(pattern)(text)


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(", "'(' is never closed"),
        ("a)", "')' closes nothing"),
        ("[a", "'[' is never closed"),
        ("[", "'[' is never closed"),
        ("*", "nothing to repeat"),
        ("(?i)*", "nothing to repeat"),
        ("a|*", "nothing to repeat"),
        ("a**", "two repetitions in a row"),
        ("a++", "two repetitions in a row"),
        ("{2}", "nothing to repeat"),
        ("a{3,2}", "bad repetition count"),
        ("a{1001}", "bad repetition count"),
        ("(a{100}){100}", "more than 1000 times"),
        ("((){1000}){1000}", "more than 1000 times"),
        ("([ab]{100}c{100}d{100}){10}([ab]{100}c{100}d{100}){10}", "too large"),
        ("(?=a)", "not supported"),
        ("(?!a)", "not supported"),
        ("(?<=a)b", "not supported"),
        ("(?<!a)b", "not supported"),
        ("(?>a)", "not supported"),
        ("(?#note)", "not supported"),
        ("(?m)a", "not supported"),
        ("(?P<>a)", "bad name of a group"),
        (r"(a)\1", r"'\1' is not supported"),
        (r"\bshop", r"'\b' is not supported"),
        (r"\Z", r"'\Z' is not supported"),
        ("a\\", "nothing follows"),
        (r"\x{zz}", r"bad '\x' escape"),
        (r"\x4", r"bad '\x' escape"),
        ("[z-a]", "bad range"),
        ("[[:word-ish:]]", "no class is named"),
        ("a" * 1001, "longer than 1000"),
        ("a." * 501, "longer than 1000"),
        ("(" * 51 + ")" * 51, "nested more than 50 deep"),
    ],
)
def test_refuses(pattern: str, reason: str) -> None:
    with pytest.raises(PatternError, match=re.escape(reason)):
        whole_match(pattern)


def test_error_says_where() -> None:
    with pytest.raises(PatternError, match="at character 6"):
        whole_match("shop-(a")


@pytest.mark.parametrize("pattern", ["(a+)+b", "(a|a)*b", "(a|aa)+b", "(a*)*(a*)*b", "a*a*a*a*a*a*a*a*b", "(a?){100}b"])
def test_patterns_that_explode_elsewhere_are_answered(pattern: str) -> None:
    """With a backtracking engine this would not end; there is no clock here because it would simply hang."""
    assert not whole_match(pattern)("a" * 3000)


def test_forgets_rather_than_growing_without_limit() -> None:
    test = whole_match("[^x]*")
    assert test("".join(map(chr, range(0x4E00, 0x4E00 + 12000))))
    assert not test("".join(map(chr, range(0x4E00, 0x4E00 + 12000))) + "x")


def _patterns() -> st.SearchStrategy[str]:
    atoms = st.sampled_from(["a", "b", "-", ".", "[ab]", "[^a]", "[a-c]", r"\.", r"\w", "^", "$"])
    # A starred group of unlimited content would make the other engine explode, so groups repeat at most twice.
    return st.recursive(
        atoms,
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=3).map("".join),
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"({'|'.join(parts)})"),
            st.tuples(inner, st.sampled_from(["?", "{0,2}", "{1}", "{2}"])).map(lambda p: f"(?:{p[0]}){p[1]}"),
            st.tuples(atoms.filter(lambda a: a not in "^$"), st.sampled_from(["*", "+", "*?", "{1,}"])).map("".join),
        ),
        max_leaves=8,
    )


@settings(max_examples=200, deadline=None)
@given(_patterns(), st.lists(st.text("abc-._\n", max_size=6), min_size=1, max_size=8))
def test_agrees_with_the_other_engine_where_both_mean_the_same(pattern: str, texts: list[str]) -> None:
    theirs = re.compile(pattern.replace("$", r"\Z"), re.ASCII)
    ours = whole_match(pattern)
    for text in texts:
        assert ours(text) is bool(theirs.fullmatch(text)), (pattern, text)


@settings(max_examples=200, deadline=None)
@given(st.text("ab(){}[]|*+?.^$\\-:,0129ixAzdP<>=!", max_size=15), st.text("ab", max_size=4))
def test_any_text_is_a_pattern_or_refused(pattern: str, text: str) -> None:
    try:
        test = whole_match(pattern)
    except PatternError:
        return
    assert test(text) in (True, False)
