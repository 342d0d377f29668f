"""Write docs/kuma-versions.md from the records of Kuma's minors, so that the page says what the program does.

python docs/generate_versions.py           write the page
python docs/generate_versions.py --check   exit 1 if the page is not what would be written
"""

from __future__ import annotations

import ast
import difflib
import inspect
import re
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from one_page import write_or_compare

from krm_fn.function import transform
from krm_fn.kuma import versions
from krm_fn.kuma.versions import NEWEST, SUPPORTED, VERSIONS, KumaVersion
from krm_fn.record import Record

PAGE = Path(__file__).with_name("kuma-versions.md")
EXAMPLE = "fixtures/versions/computed-labels-2.12/input.yaml"
STEP = ("2.12", "2.13")

INTRODUCTION = f"""\
<!-- Written by docs/generate_versions.py from krm_fn/kuma/versions.py: change that file, then run the program. -->

# Kuma versions

`spec.kumaVersion` says which minor of Kuma runs on the cluster; krm-fn then does what the last patch release of that
minor does. Write it in quotes: YAML reads an unquoted 2.10 as the number 2.1. A patch release such as 2.14.3 is
refused, with the minor to write instead.

The oldest minor is {SUPPORTED[0]}. Before it, the mesh of a pod came from annotations, a label `kuma.io/mesh` on a pod
did nothing, and Dataplanes had no labels. The default is the newest, {NEWEST.name}.
"""

DIFFERENCES = """\
## What differs

An empty cell means: as in the column before. A cell with `+` adds to that, one with `-` takes away. Settings of the
control plane are given under `spec.controlPlane.config`; the table has their defaults.
"""

NOTES = """\
Within a minor, too, patch releases differ. In 2.14.0 duplicate inbounds are left out as in 2.13, in 2.14.0 and 2.14.1
gateways need tags and Dataplanes get no labels of their Node (with `experimental.inboundTagsDisabled`). krm-fn follows
the last patch release throughout.

In 2.9 the labels come from Kuma's webhook alone, later from its converter as well. What the webhook stores in the end
has `k8s.kuma.io/service-account` and `kuma.io/workload` as annotations, because their values may be too long for
labels; krm-fn shows them as labels, as the converter writes them.
"""

UPGRADE = f"""\
## What an upgrade changes in a package

Run the function twice, and compare. Here on a package that is read with kpt; `mesh-setup.yaml` must hold a line
`kumaVersion:`.

<!-- exit code: 0 -->
```sh
kpt fn source PACKAGE --fn-config mesh-setup.yaml > package.yaml
for minor in {" ".join(STEP)}; do
  sed "s/^\\( *kumaVersion:\\).*/\\1 \\"$minor\\"/" package.yaml | krm-fn > $minor.yaml 2> $minor.txt
done
diff -u {STEP[0]}.yaml {STEP[1]}.yaml
diff -u {STEP[0]}.txt {STEP[1]}.txt
```

The first comparison shows the manifests, and under `results:` all findings; `spec.dataplanes.emit: all` makes it tell
of every workload, and `spec.results.level: info` of every decision. The second shows errors and warnings for people.
With kustomize, build twice and set `spec.dataplanes.localConfig: false`, without which it drops the Dataplanes.

What [this package](../{EXAMPLE}) would see:
"""

UNKNOWN = """\
## What is taken to be the same

The following was read in Kuma 2.14.3 only. Older minors may do otherwise; krm-fn does the same for all of them:

- the annotations that the injector adds to a pod, apart from the default of virtual probes: among them the admin port,
  which the Dataplane shows, and what is excluded from redirection
- the label `kuma.io/mesh` that the injector writes, which becomes a tag of pods without Services
- the sidecar itself: its containers, environment and probes, Envoy's admin interface on a Unix socket with a readiness
  port of its own, the OpenTelemetry pipe, the volumes
- the configuration of the transparent proxy by a ConfigMap
- defaults and names of the control plane's other settings
- refusals of the injector: a Mesh that does not exist, the sidecar's user id, annotations that cannot be read
- annotations that are deprecated, other than the metrics ones
- that the chart wants injection off in the control plane's Namespace, which Kuma's notes tell of 2.11
- the wording of messages, also that of an inbound without tags, which newer releases use for one without a service tag
- what a Dataplane that exists already passes on to the next one
"""

NOT_COMPUTED = """\
## What differs in Kuma and does not show here

- Names of resources: before 2.10 Kuma accepted underscores in some; Kubernetes never did.
- Results of HostnameGenerators: Kuma checks them from 2.14 on, but Kubernetes has always checked the names in
  ExternalName Services, and krm-fn does so for every minor.
- `dnsServer.domain` must not begin with a dot from 2.14 on; names of MeshMultiZoneServices over 63 characters cause a
  warning from 2.10 on. Neither is checked.
- Prometheus annotations give the same `metrics` in all minors; only the warning differs.
"""


def page() -> str:
    """Return the whole page."""
    parts = [
        INTRODUCTION,
        *releases(),
        DIFFERENCES,
        *differences(),
        NOTES,
        UPGRADE,
        f"```text\n{example()}```\n",
        UNKNOWN,
        NOT_COMPUTED,
    ]
    return "\n".join(parts).rstrip("\n") + "\n"


def releases() -> Iterator[str]:
    yield "| minor | release that was followed |"
    yield "| --- | --- |"
    for version in VERSIONS.values():
        yield f"| {version.name} | {version.release} |"
    yield "\nOf 2.10, which gets no more releases, it was the last one.\n"


# --- The table --------------------------------------------------------------------------------------------------------
def differences() -> Iterator[str]:
    """Yield the rows of all that differs."""
    yield f"| | {' | '.join(SUPPORTED)} |"
    yield f"| --- |{' --- |' * len(SUPPORTED)}"
    for meaning, values in differing_fields():
        cells = [change(None, values[0])]
        cells += ["" if new == old else change(old, new) for old, new in pairwise(values)]
        yield f"| {meaning} | {' | '.join(cells)} |"
    yield ""


def differing_fields() -> Iterator[tuple[str, list[Any]]]:
    """Yield what each field that is not the same in all minors means, and its value in each; defaults key by key."""
    for field, meaning in meanings().items():
        values = [getattr(version, field) for version in VERSIONS.values()]
        if field in ("name", "release") or len(set(values)) == 1:
            continue
        if not isinstance(values[0], Record):
            yield meaning, values
            continue
        flat = [dict(settings(value)) for value in values]
        for key in flat[0]:
            if len({defaults[key] for defaults in flat}) > 1:
                yield f"Default of `{key}`", [defaults[key] for defaults in flat]


def meanings() -> dict[str, str]:
    """Return the sentence below each field of KumaVersion."""
    [found] = ast.parse(inspect.getsource(KumaVersion)).body
    assert isinstance(found, ast.ClassDef)
    described = {}
    for field, below in pairwise(found.body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            assert isinstance(below, ast.Expr)
            assert isinstance(below.value, ast.Constant)
            described[field.target.id] = " ".join(str(below.value.value).split()).rstrip(".")
    return described


def settings(record: Record, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the dotted key of each setting, as kuma-cp.yaml spells it, and its value."""
    for field in record._fields:
        first, *rest = field.split("_")
        key = path + first + "".join(word.capitalize() for word in rest)
        value = getattr(record, field)
        if isinstance(value, Record):
            yield from settings(value, f"{key}.")
        else:
            yield key, value


def change(old: Any, new: Any) -> str:
    """Show a value that is not what it was before."""
    if isinstance(new, bool):
        return "yes" if new else "no"
    if not isinstance(new, tuple | frozenset):
        return f"`{new}`"
    ordered = sorted(new) if isinstance(new, frozenset) else list(new)
    if not old:
        return ", ".join(f"`{entry}`" for entry in ordered) or "none"
    added = [f"+ `{entry}`" for entry in ordered if entry not in old]
    return ", ".join(added + [f"- `{entry}`" for entry in sorted(set(old) - set(new))])


# --- The example ------------------------------------------------------------------------------------------------------
def example() -> str:
    """Return the difference between the outputs for two minors, without its heading."""
    text = (PAGE.parent.parent / EXAMPLE).read_text(encoding="utf-8")
    outputs = [
        transform(re.sub(r"(kumaVersion:).*", rf'\1 "{minor}"', text)).text.splitlines(keepends=True) for minor in STEP
    ]
    return "".join(difflib.unified_diff(*outputs, *(f"{minor}.yaml" for minor in STEP), n=2))


if __name__ == "__main__":
    sys.exit(write_or_compare(PAGE, page, f"{versions.__name__} says", __doc__))
