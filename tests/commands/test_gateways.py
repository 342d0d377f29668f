"""``krm-fn gateways``: every product and every claim of the catalog can be read, in each form."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import click
import pytest
import yaml
from click.testing import CliRunner

import krm_fn.commands.gateways as gateways
from krm_fn.commands import cli
from krm_fn.gateways.catalog import catalog, products_by_id
from krm_fn.gateways.product import UPSTREAM

IDS = list(products_by_id())


def printed(*arguments: str) -> str:
    done = CliRunner().invoke(cli, ["gateways", *arguments], standalone_mode=False)
    assert done.exception is None, done.exception
    assert done.stderr == ""
    return done.stdout


def test_the_table_has_every_product_once_for_each_switch() -> None:
    head, *rows = printed().splitlines()
    assert head.split() == ["ID", "NAME", "FAMILY", "SWITCH", "HEADLESS", "SINCE", "CONFIDENCE"]
    wanted = [p.id for p in catalog() for _ in range(max(1, sum(s.purpose == UPSTREAM for s in p.switches)))]
    assert [row.split()[0] for row in rows] == wanted


def test_a_row_has_object_key_value_and_release() -> None:
    [row] = [line for line in printed().splitlines() if line.startswith("kong-kic ")]
    assert 'Service ingress.kubernetes.io/service-upstream: "true"' in row
    assert row.split()[-3:] == ["leave", "0.6.0", "verified-in-source"]


def test_columns_are_straight() -> None:
    head, *rows = printed().splitlines()
    for name in ("NAME", "FAMILY", "SWITCH", "HEADLESS", "SINCE", "CONFIDENCE"):
        column = head.index(name)
        assert [row for row in rows if row[column - 2 : column] != "  "] == []


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_data_has_every_claim(form: str) -> None:
    load: Any = json.loads if form == "json" else partial(yaml.load, Loader=yaml.CSafeLoader)
    products = load(printed("-o", form))
    assert [product["id"] for product in products] == IDS
    for product, record in zip(products, catalog(), strict=True):
        assert product["sources"] == list(record.sources)
        assert [s["key"] for s in product.get("switches", [])] == [s.key for s in record.switches]
        assert [s["value"] for s in product.get("switches", [])] == [s.value for s in record.switches]


def test_a_narrow_terminal_gets_fewer_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    assert gateways.LISTED["table"](catalog()).splitlines()[0].split() == ["ID", "FAMILY", "SWITCH"]
    monkeypatch.setenv("COLUMNS", "200")
    assert "CONFIDENCE" in gateways.LISTED["table"](catalog())


def test_markdown_is_one_table() -> None:
    lines = printed("-o", "markdown").splitlines()
    assert lines[1] == "| --- | --- | --- | --- | --- | --- | --- |"
    assert {line.replace("\\|", "").count("|") for line in lines} == {8}


@pytest.mark.parametrize("product_id", IDS)
@pytest.mark.parametrize("form", ["table", "markdown"])
def test_one_product_with_all_its_sources(product_id: str, form: str) -> None:
    text = printed(product_id, "-o", form)
    record = products_by_id()[product_id]
    assert record.name in text.splitlines()[0]
    assert [source for source in record.sources if source not in text] == []
    assert [switch.key for switch in record.switches if switch.key not in text] == []
    assert [limit for limit in record.limits if limit not in text] == []


def test_one_product_as_data() -> None:
    assert yaml.safe_load(printed("traefik", "-o", "yaml"))["id"] == "traefik"
    assert json.loads(printed("traefik", "-o", "json"))["id"] == "traefik"


def test_an_unknown_product_is_wrong_usage_and_the_nearest_is_named() -> None:
    done = CliRunner().invoke(cli, ["gateways", "traefk"], standalone_mode=False)
    assert isinstance(done.exception, click.UsageError)
    assert "did you mean 'traefik'?" in done.exception.message
