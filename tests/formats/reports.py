"""Reports for the tests of the formats: an ordinary one, an empty one, and one made of what attackers would write."""

from __future__ import annotations

from typing import Any

from krm_fn.files.places import Place
from krm_fn.formats.finding import Finding, Report
from krm_fn.krm.outcome import ERROR, INFO, WARNING, Result
from krm_fn.krm.resource import Item
from krm_fn.suppressions import Suppression

NASTY = [
    "\x1b[31mred\x1b[0m",
    "a\nb\r\nc",
    "]]></failure><failure>",
    "x\n::error::owned",
    "::error file=a,line=1::owned",
    "%0A::error::owned",
    "quotes \" and ' and &amp; <b>",
    "zoë-日本-😀",
    "\x00\x01\x08\x0b\x0c\x1f\x7f\x85\x9b",
    "right to left \u202e, no character \ufffe\uffff, half of one \ud800",
    "",
]
NASTY_PATHS = [
    "my apps/a, b.yaml",
    "a:b.yaml",
    "100%/x#y?z.yaml",
    "zoë/日本.yaml",
    "line\nbreak.yaml",
    "\udce9.yaml",
    "/abs/x.yaml",
]


def item(kind: str = "Service", name: str = "web", namespace: str = "shop", entry: int = 0) -> Item:
    data: dict[str, Any] = {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": namespace}}
    return Item(data, entry, (), "default")


PLACE = Place("app.yaml", 3, 5)


def finding(
    code: str = "headless-backend",
    severity: str = WARNING,
    message: str = "leads nowhere",
    about: Item | None = None,
    place: Place = PLACE,
    path: str | None = None,
    field: str = "spec.clusterIP",
    current: Any = None,
    suppressed: Suppression | None = None,
) -> Finding:
    return Finding(
        Result(code, severity, message, about, field, current),
        place,
        place.file if path is None else path,
        suppressed,
    )


def report(
    *findings: Finding, files: tuple[str, ...] = ("app.yaml",), failing: frozenset[str] = frozenset({ERROR})
) -> Report:
    return Report(findings, files, 4, "mesh-setup.yaml", failing)


IN_SOURCE = Suppression(("host-network",), "has to see the node", item(), "metadata.annotations[fn.kuma.io/ignore]")
OPTION = Suppression(("host-network",), "--ignore host-network", words="--ignore host-network")

CLEAN = report(files=("app.yaml", "other.yaml"))
NOTHING = report(files=())
MIXED = report(
    finding(severity=ERROR, about=item(), current={"a": [1, float("nan")]}),
    finding(about=item("Namespace", "shop", "")),
    finding(severity=INFO, about=item(), place=Place("other.yaml", 1, 1)),
    finding("host-network", about=item(), suppressed=IN_SOURCE),
    finding("host-network", about=item(), suppressed=OPTION),
    finding("unused-suppression", place=Place(), field=""),
    finding("name-taken", about=item(entry=-1), place=Place()),
    finding("no-such-code", about=item(), place=Place("standard input", 7, 1), path=""),
    files=("app.yaml", "other.yaml"),
)
HOSTILE = report(
    *(
        finding(
            "headless-backend", severity, text, item(text, text, text), Place("app.yaml", 1), field=text, current=text
        )
        for severity in (ERROR, WARNING, INFO)
        for text in NASTY
    ),
    *(finding(place=Place(path, 2, 1), about=item()) for path in NASTY_PATHS),
    *(finding(suppressed=OPTION.replace(reason=text, words=text), about=item()) for text in NASTY),
    files=("app.yaml", *NASTY_PATHS),
)
REPORTS = {"clean": CLEAN, "nothing": NOTHING, "mixed": MIXED, "hostile": HOSTILE}
