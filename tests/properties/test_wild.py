"""The laws of the function on everything that YAML lets one write: generated packages in wild styles, and broken ones.

What is held against the answers is in `tests.fuzz.oracles`: untouched items keep bytes and data by two readers, every
item is in the answer, a second run changes nothing, an error changes nothing, and what is refused is refused in words.
"""

from __future__ import annotations

import io
import random
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from krm_fn.cli import run
from krm_fn.function import transform
from krm_fn.krm.resourcelist import API_VERSIONS
from krm_fn.krm.source import InputError
from krm_fn.uninject import uninject
from krm_fn.yamltext.changes import same
from krm_fn.yamltext.read import read_value
from krm_fn.yamltext.scalars import KYAML
from tests.fuzz.mutations import mutated
from tests.fuzz.oracles import check, documents_hold, function_holds

from .profiles import examples
from .styles import Style
from .test_function import Data, configs, packages, resource_list, seeds
from .test_uninject import NAMESPACE, TPROXY, workloads
from .test_uninject import configs as injecting

BOM = b"\xef\xbb\xbf"


def wild_list(items: list[Any], config: Data | None, seed: int) -> str:
    """A ResourceList as nobody should write it."""
    style = Style(seed, wild=True)
    fields: Data = {"kind": "ResourceList", "apiVersion": style.random.choice(API_VERSIONS), "items": items}
    if config is not None:
        identity = {"apiVersion": "fn.kuma.io/v1alpha1", "kind": "MeshSetup", "metadata": {"name": "mesh-setup"}}
        fields["functionConfig"] = {**identity, "spec": config}
    order = list(fields)
    style.random.shuffle(order)
    return style.text({key: fields[key] for key in order})


@examples(80)
@given(packages, configs, seeds)
def test_resource_lists(items: list[Data], config: Data | None, seed: int) -> None:
    function_holds(wild_list(items, config, seed))


@examples(50)
@given(packages, st.lists(seeds, min_size=6, max_size=6))
def test_documents(items: list[Data], seeds_of_documents: list[int]) -> None:
    texts = []
    for item, seed in zip(items, seeds_of_documents, strict=False):
        style = Style(seed, wild=True)
        style.marked = 0.0
        style.newline = "\n"
        texts.append(style.text(item))
    documents_hold("---\n".join(texts))


@examples(60)
@given(packages, configs, seeds)
def test_mutations(items: list[Data], config: Data | None, seed: int) -> None:
    """Keys and lines twice, marks that open something, other line ends, and all else that `mutated` thinks of."""
    rng = random.Random(seed)
    raw = resource_list(items, config, seed).encode()
    check(mutated(raw, rng, [raw], 20_000))


@examples(40)
@given(workloads(), injecting(), seeds)
def test_uninject_undoes_inject(workload: Data, config: Data, seed: int) -> None:
    control_plane = {"address": "http://cp:5681", "config": config}
    spec = {"injection": {"mode": "manual"}, "controlPlane": control_plane, "dataplanes": {"emit": "none"}}
    text = wild_list([NAMESPACE, TPROXY, workload], spec, seed)
    try:
        done = transform(text)
    except InputError:
        return  # an alias that reaches too far, say
    if done.outcome.exit_code:
        assert same(items_of(done.text), items_of(text))
        return
    back = uninject(done.text)
    assert "fn.kuma.io/injected" in done.text
    assert (back.removed, back.left) == (1, ())
    assert same(items_of(back.text), items_of(text))


def items_of(text: str) -> Any:
    return read_value(text, KYAML)["items"]


def bytes_through(raw: bytes, monkeypatch: pytest.MonkeyPatch) -> tuple[int, bytes, str]:
    """Exit code, standard output and standard error of the function."""
    out, err = io.BytesIO(), io.StringIO()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(raw), isatty=lambda: False))
        patch.setattr(sys, "stdout", SimpleNamespace(buffer=out))
        patch.setattr(sys, "stderr", err)
        code = run([])
    return code, out.getvalue(), err.getvalue()


@examples(60)
@given(packages, configs, seeds, st.booleans(), st.booleans())
def test_bytes(items: list[Data], config: Data | None, seed: int, marked: bool, broken: bool) -> None:
    """A byte order mark stays, and no bytes at all give anything but 0, 1 or 2."""
    text = wild_list(items, config, seed)
    raw = BOM * marked + text.encode()
    if broken:
        raw = mutated(raw, random.Random(seed), [raw], 20_000)
    with pytest.MonkeyPatch.context() as monkeypatch:
        code, out, err = bytes_through(raw, monkeypatch)
    assert code in (0, 1, 2), err
    assert "Traceback" not in err
    if code == 2:
        assert not out
        assert err
    else:
        assert out.startswith(BOM) is raw.startswith(BOM)
        assert out.decode("utf-8-sig") == transform(raw.decode("utf-8-sig")).text
