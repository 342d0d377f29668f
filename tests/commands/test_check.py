"""krm-fn check, from the command line to exit code, streams and files."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import pytest

from krm_fn.commands import main

NAMESPACE = """\
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels: {kuma.io/sidecar-injection: enabled}
"""
AGENT = """\
# an agent
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: agent
  namespace: shop
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata:
      labels: {app: agent}
      annotations: {}
    spec:
      hostNetwork: true
      containers: [{name: agent, image: agent}]
"""
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec: {ports: [{port: 80}]}\n"
BROKEN = """\
apiVersion: v1
kind: Pod
metadata:
  name: odd
  namespace: shop
  labels:
    kuma.io/sidecar-injection: perhaps
spec: {containers: [{name: a, image: a}]}
"""
SETUP = "apiVersion: fn.kuma.io/v1alpha1\nkind: MeshSetup\nmetadata: {name: mesh-setup}\nspec:\n  zone: east\n"
MARKED = "  markApplied: true\n"
HOST = "agent.yaml:14: warning: DaemonSet shop/agent: spec.template.spec.hostNetwork: "
DEFAULTS = "(no functionConfig found, so every setting has its default)"


class Checked(NamedTuple):
    """An exit code, the lines of both streams."""

    code: int
    out: str
    err: list[str]

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def codes(self) -> list[str]:
        """The codes in text, in order."""
        return [line.rpartition("[")[2].rstrip("]") for line in self.lines]


class Check:
    """Runs the command in a directory of its own."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.directory = directory
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def write(self, **files: str) -> None:
        for name, text in files.items():
            (self.directory / f"{name}.yaml").write_text(text, encoding="utf-8")

    def __call__(self, *arguments: str, stdin: str = "") -> Checked:
        stream = io.TextIOWrapper(io.BytesIO(stdin.encode()), encoding="utf-8")
        self._monkeypatch.setattr(sys, "stdin", stream)
        self._capsys.readouterr()
        code = main(["check", *arguments])
        out, err = self._capsys.readouterr()
        return Checked(code, out, err.splitlines())

    def findings(self, *arguments: str, stdin: str = "") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self("--format", "json", *arguments, stdin=stdin).out)["findings"]
        return found


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Check:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()  # no configuration above it counts
    return Check(tmp_path, monkeypatch, capsys)


def ignoring(text: str) -> str:
    return AGENT.replace("annotations: {}", f"annotations: {{fn.kuma.io/ignore: {json.dumps(text)}}}")


# --- what is said, and exit codes -------------------------------------------------------------------------------------


def test_a_clean_package(check: Check) -> None:
    check.write(ns=NAMESPACE, web=SERVICE)
    assert check() == Checked(0, "", [f"krm-fn: 2 objects in 2 files, no findings {DEFAULTS}"])


def test_warnings_are_told_and_let_pass(check: Check) -> None:
    check.write(ns=NAMESPACE, agent=AGENT)
    done = check()
    assert done.code == 0
    assert len(done.lines) == 1
    assert done.out.startswith(HOST)
    assert done.codes == ["host-network"]
    assert done.err == [f"krm-fn: 2 objects in 2 files, 1 warning {DEFAULTS}"]


def test_errors_fail(check: Check) -> None:
    check.write(ns=NAMESPACE, agent=AGENT, odd=BROKEN)
    done = check()
    assert done.code == 1
    assert done.codes == ["host-network", "injection-label-invalid"]
    assert done.lines[1].startswith("odd.yaml:7: error: Pod shop/odd: metadata.labels[kuma.io/sidecar-injection]: ")
    assert done.err == [f"krm-fn: 3 objects in 3 files, 1 error, 1 warning {DEFAULTS}"]


@pytest.mark.parametrize(
    ("files", "arguments", "code"),
    [
        ({"agent": AGENT}, (), 0),
        ({"agent": AGENT}, ("--fail-on", "error"), 0),
        ({"agent": AGENT}, ("--fail-on", "warning"), 1),
        ({"agent": AGENT}, ("--fail-on", "warning", "--ignore", "host-network"), 0),
        ({"agent": AGENT}, ("--fail-on", "warning", "--min-severity", "info"), 1),
        ({"odd": BROKEN}, ("--fail-on", "warning"), 1),
        ({"odd": BROKEN}, ("--fail-on", "never"), 0),
        ({"odd": BROKEN}, ("--min-severity", "error"), 1),
        ({"odd": BROKEN}, ("--ignore", "injection-label-invalid"), 0),
        ({"odd": BROKEN}, ("--ignore", "injection-label-invalid", "--ignore", "config-conflict"), 0),
        ({"web": SERVICE}, ("--fail-on", "warning", "--min-severity", "info"), 0),
    ],
)
def test_what_fails(check: Check, files: dict[str, str], arguments: tuple[str, ...], code: int) -> None:
    check.write(ns=NAMESPACE, **files)
    assert check(*arguments).code == code


def test_the_least_severity(check: Check) -> None:
    check.write(ns=NAMESPACE, agent=AGENT, odd=BROKEN.replace("perhaps", "enabled"))
    assert check("--min-severity", "error").out == ""
    assert check("--min-severity", "error").err[-1].startswith("krm-fn: 3 objects in 3 files, 1 warning ")
    infos = check("--min-severity", "info")
    assert {"host-network", "injected-by-pod-label"} <= set(infos.codes)
    assert ", 1 warning, " in infos.err[-1]
    assert " infos (" in infos.err[-1]


def test_the_level_in_the_configuration_is_for_results_not_for_people(check: Check) -> None:
    check.write(ns=NAMESPACE, agent=AGENT, setup=SETUP + "  results: {level: error}\n")
    assert check().codes == ["host-network"]
    assert len(check("--min-severity", "info").codes) > 1


CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {mesh: default}\n"


def test_decisions_with_a_config_map(check: Check) -> None:
    check.write(ns=NAMESPACE, agent=AGENT)
    (check.directory / "config").write_text(CONFIG_MAP)
    assert "injected-by-namespace-label" in check("--min-severity", "info", "-c", "config").codes


def test_to_fail_for_what_is_hidden_is_refused(check: Check) -> None:
    done = check("--min-severity", "error", "--fail-on", "warning")
    assert done.code == 2
    assert "would fail for what is not shown" in done.err[-1]


def test_nothing_is_changed(check: Check) -> None:
    check.write(ns=NAMESPACE, agent=AGENT, web=SERVICE)
    before = {path: path.read_bytes() for path in check.directory.iterdir() if path.is_file()}
    check("--min-severity", "info", "--require-applied")
    assert {path: path.read_bytes() for path in check.directory.iterdir() if path.is_file()} == before


def test_unreadable(check: Check) -> None:
    check.write(bad="apiVersion: v1\nkind: [\n")
    done = check("--report", "sarif=x.sarif")
    assert (done.code, done.out) == (2, "")
    assert not (check.directory / "x.sarif").exists(), "an empty report would tell that all is well"


# --- places -----------------------------------------------------------------------------------------------------------


def test_places_in_files(check: Check) -> None:
    (check.directory / "my apps, all").mkdir()
    (check.directory / "my apps, all" / "agent.yaml").write_text(NAMESPACE + "---\n" + AGENT)
    [found] = check.findings()
    assert (found["file"], found["line"], found["column"]) == ("my apps, all/agent.yaml", 20, 7)
    [absolute] = check.findings(str(check.directory.resolve()))
    assert absolute["file"] == found["file"], "programs want it from the current directory"


def test_places_in_a_stream(check: Check) -> None:
    [found] = check.findings("-", stdin=NAMESPACE + "---\n" + AGENT)
    assert (found["file"], found["line"]) == ("standard input", 20)
    github = check("-", "--format", "github", stdin=NAMESPACE + "---\n" + AGENT)
    assert github.out.startswith("::warning title=host-network::standard input:20: DaemonSet shop/agent: ")


def test_places_by_the_origin_annotation(check: Check) -> None:
    note = '  annotations: {config.kubernetes.io/origin: "path: ../base/agent.yaml\\n"}\n'
    text = NAMESPACE + "---\n" + AGENT.replace("  namespace: shop\n", f"  namespace: shop\n{note}", 1)
    [found] = check.findings("-", stdin=text)
    assert found["file"] == "../base/agent.yaml"
    assert "line" not in found, "those of the stream are not those of the file"


def kustomize(check: Check, monkeypatch: pytest.MonkeyPatch, rendered: str) -> None:
    programs, overlay = check.directory / "bin", check.directory / "overlays" / "prod"
    programs.mkdir()
    overlay.mkdir(parents=True)
    (overlay / "kustomization.yaml").write_text("kind: Kustomization\n")
    (programs / "rendered").write_text(rendered)
    (programs / "kustomize").write_text(f"#!/bin/sh\ncat '{programs}/rendered'\n")
    (programs / "kustomize").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")


def test_places_through_kustomize(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    note = '  annotations: {config.kubernetes.io/origin: "path: ../../base/agent.yaml\\n"}\n'
    other = AGENT.replace("name: agent\n", "name: other\n", 1)
    noted = AGENT.replace("  namespace: shop\n", f"  namespace: shop\n{note}", 1)
    kustomize(check, monkeypatch, f"{NAMESPACE}---\n{noted}---\n{other}")
    found = check.findings("--kustomize", "overlays/prod")
    assert [(each["file"], each.get("line")) for each in found] == [
        ("base/agent.yaml", None), ("overlays/prod/kustomization.yaml", None),
    ]  # fmt: skip


def test_places_in_the_configuration(check: Check) -> None:
    check.write(ns=NAMESPACE, setup=f"# ours\n{SETUP}  zoen: x\n")
    [own] = check.findings()
    assert (own["code"], own["file"], own["line"]) == ("config-unknown-field", "setup.yaml", 7)
    (check.directory / "named").write_text(f"{SETUP}  mesh: [a]\n")
    [named] = check.findings("-c", "named")
    assert (named["code"], named["file"], named["line"]) == ("config-wrong-type", "named", 6)
    (check.directory / "named").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  zoen: x\n")
    [flat] = check.findings("-c", "named")
    assert (flat["file"], flat["line"]) == ("named", 5)


def test_places_in_a_resource_list(check: Check) -> None:
    head = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nfunctionConfig: {kind: Nonsense}\nitems: []\n"
    [found] = check.findings("-", stdin=head)
    assert found["file"] == "the functionConfig of standard input"


# --- suppressions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        ignoring("host-network: has to see the node"),
        AGENT.replace(
            "  namespace: shop\n", "  namespace: shop\n  annotations: {fn.kuma.io/ignore: 'host-network: w'}\n", 1
        ),
    ],
)
def test_an_accepted_finding(check: Check, text: str) -> None:
    check.write(ns=NAMESPACE, agent=text)
    done = check("--fail-on", "warning")
    assert done == Checked(0, "", [f"krm-fn: 2 objects in 2 files, no findings, 1 suppressed {DEFAULTS}"])
    [found] = check.findings()
    assert found["code"] == "host-network"
    assert found["suppressed"]["reason"]


def test_only_what_bears_the_annotation_is_accepted(check: Check) -> None:
    check.write(
        ns=NAMESPACE, agent=ignoring("host-network: why"), other=AGENT.replace("name: agent\n", "name: other\n", 1)
    )
    assert [line.partition(":")[0] for line in check().lines] == ["other.yaml"]


def test_json_with_escaped_slashes(check: Check) -> None:
    pod = {"hostNetwork": True, "containers": [{"name": "a", "image": "a"}]}
    notes = {"fn.kuma.io/ignore": "host-network: why"}
    data = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "namespace": "shop", "annotations": notes}}
    (check.directory / "pod.json").write_text(json.dumps({**data, "spec": pod}).replace("/", "\\/"))
    check.write(ns=NAMESPACE)
    assert check().err[-1].startswith("krm-fn: 2 objects in 2 files, no findings, 1 suppressed")


def test_suppressions_that_are_no_good(check: Check) -> None:
    check.write(ns=NAMESPACE, agent=ignoring("host-network; headless-backend: gone; host-netwrk: typo"))
    done = check()
    assert done.codes == ["suppression-without-reason", "unused-suppression", "unused-suppression"]
    assert all(line.startswith("agent.yaml:12: warning: DaemonSet shop/agent: ") for line in done.lines)
    assert "did you mean host-network?" in done.out
    accepted = check("--ignore", "unused-suppression", "--ignore", "suppression-without-reason")
    assert accepted.out == ""
    assert ", 4 suppressed " in accepted.err[-1]


@pytest.mark.parametrize(
    ("ignore", "shown"),
    [
        ("host-network", []),
        ("host-network=DaemonSet/agent", []),
        ("host-network=DaemonSet/agent.shop", []),
        ("host-network=*/*.shop", []),
        ("host-network=DaemonSet/agent.other", ["unused-suppression", "host-network"]),
        ("headless-backend", ["unused-suppression", "host-network"]),
        ("injected-by-namespace-label", ["host-network"]),
        ("unused-suppression", ["host-network"]),
    ],
)
def test_the_option(check: Check, ignore: str, shown: list[str]) -> None:
    check.write(ns=NAMESPACE, agent=AGENT)
    assert sorted(check("--ignore", ignore).codes) == sorted(shown)


def test_an_accepted_decision_is_no_idle_suppression(check: Check) -> None:
    check.write(ns=NAMESPACE, agent=ignoring("host-network: a; injected-by-namespace-label: b"))
    assert check().out == ""


@pytest.mark.parametrize("ignore", ["nonsense", "host-netwrk", "host-network=agent", "*"])
def test_options_that_are_no_good(check: Check, ignore: str) -> None:
    check.write(ns=NAMESPACE)
    assert check("--ignore", ignore).code == 2


def test_a_broken_configuration_says_nothing_about_suppressions(check: Check) -> None:
    check.write(ns=NAMESPACE, agent=ignoring("host-network: a"), setup=f"{SETUP}  zoen: x\n")
    assert check("--ignore", "host-network").codes == ["config-unknown-field"]


def test_suppressing_an_error_lets_the_function_stay_as_strict(check: Check) -> None:
    text = BROKEN.replace("  labels:", "  annotations: {fn.kuma.io/ignore: 'injection-label-invalid: x'}\n  labels:")
    check.write(ns=NAMESPACE, odd=text)
    assert check().code == 0
    assert main(["render", "."]) == 1


# --- the mark of the function -----------------------------------------------------------------------------------------


def marked(text: str, name: str = "mesh-setup") -> str:
    return text.replace("metadata: {", f"metadata: {{annotations: {{fn.kuma.io/applied: {name}}}, ", 1)


def rendered(check: Check, capsys: pytest.CaptureFixture[str]) -> str:
    check.write(ns=NAMESPACE, agent=AGENT, web=SERVICE)
    (check.directory / "config").write_text(
        SETUP + MARKED + "  externalNames:\n  - {name: api, namespace: shop, hostname: api.mesh, ports: [{port: 80}]}\n"
    )
    assert main(["render", "-c", "config", "."]) == 0
    return capsys.readouterr().out


def test_an_unprocessed_build_is_told_from_a_processed_one(check: Check, capsys: pytest.CaptureFixture[str]) -> None:
    processed = rendered(check, capsys)
    assert "ExternalName" in processed, "what the function made itself bears another mark"
    assert check("--require-applied", "-c", "config", "-", stdin=processed).code == 0
    assert check("--require-applied", "-", stdin=processed).code == 0
    skipped = check("--require-applied", "-c", "config", "--ignore", "host-network", ".")
    assert skipped.code == 1
    assert skipped.codes == ["not-applied"] * 3
    assert [line.split(": ")[2] for line in skipped.lines] == [
        "DaemonSet shop/agent",
        "Namespace shop",
        "Service shop/web",
    ]
    assert "the function did not run" in skipped.out


def test_without_the_option_no_mark_is_asked_for(check: Check) -> None:
    check.write(web=NAMESPACE + "---\n" + SERVICE, setup=SETUP + MARKED)
    assert check().out == ""


@pytest.mark.parametrize(
    ("text", "setup", "says"),
    [
        (SERVICE, SETUP + MARKED, "the function did not run"),
        (SERVICE, SETUP, "only with spec.markApplied: true"),
        (marked(SERVICE, "other"), SETUP + MARKED, "the mark of the functionConfig 'other'"),
        (marked(SERVICE, "''"), SETUP + MARKED, "the function did not run"),
        (marked(SERVICE, "[x]"), SETUP + MARKED, "the function did not run"),
        (SERVICE, "", "the function did not run"),
        (marked(SERVICE), SETUP + MARKED, ""),
        (marked(SERVICE), SETUP, ""),
        (marked(SERVICE, "other"), "", ""),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n", SETUP + MARKED, ""),
        ("apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: a}\n", SETUP + MARKED, ""),
        (
            SERVICE.replace("{name", "{annotations: {config.kubernetes.io/local-config: 'true'}, name"),
            SETUP + MARKED,
            "",
        ),
    ],
)
def test_what_must_bear_the_mark(check: Check, text: str, setup: str, says: str) -> None:
    (check.directory / "config").write_text(setup)
    known = marked("apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n")
    options = ("-c", "config") if setup else ()
    done = check("--require-applied", *options, "-", stdin=f"{known}---\n{text}")
    assert done.code == int(bool(says))
    assert says in done.out
    assert bool(done.out) is bool(says)


def test_workload_kinds_of_the_configuration_count(check: Check) -> None:
    thing = "apiVersion: acme.io/v1\nkind: Thing\nmetadata: {name: a, namespace: default}\nspec: {pod: {}}\n"
    check.write(
        thing=thing, setup=f"{SETUP}{MARKED}  workloadKinds: [{{group: acme.io, kind: Thing, podTemplate: spec.pod}}]\n"
    )
    assert "not-applied" in check("--require-applied").codes


# --- nothing to check -------------------------------------------------------------------------------------------------


def test_an_empty_package(check: Check) -> None:
    (check.directory / "kustomization.yaml").write_text(
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: []\n"
    )
    assert check().code == 0
    done = check("--fail-if-empty", "--fail-on", "never")
    assert done.code == 1
    assert done.err[-1] == "krm-fn: there is no object to check (--fail-if-empty)"
    check.write(web=SERVICE)
    assert check("--fail-if-empty").code == 0


def test_members_of_lists_are_counted(check: Check) -> None:
    check.write(
        ns=NAMESPACE,
        all="apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n- 1\n",
    )
    assert check().err[-1].startswith("krm-fn: 2 objects in 2 files, no findings")


# --- formats and files ------------------------------------------------------------------------------------------------


def test_several_reports_at_once(check: Check) -> None:
    check.write(ns=NAMESPACE, agent=AGENT)
    reports = ["sarif=out/x.sarif", "junit=out/x.xml", "json=x=y.json", "text=x.txt", "github=g.txt"]
    done = check(*(option for report in reports for option in ("--report", report)))
    assert done.code == 0
    sarif = json.loads((check.directory / "out" / "x.sarif").read_text())
    assert [result["ruleId"] for result in sarif["runs"][0]["results"]] == ["host-network"]
    assert ElementTree.parse(check.directory / "out" / "x.xml").getroot().get("tests") == "2"
    assert json.loads((check.directory / "x=y.json").read_text())["version"] == 1
    assert (check.directory / "x.txt").read_text() == done.out
    assert (check.directory / "g.txt").read_text().startswith("::warning file=agent.yaml,line=14,")
    again = check()
    assert (again.out, again.code) == (done.out, 0), "a report in the package is no manifest"


def test_reports_are_written_without_findings_and_with_errors(check: Check) -> None:
    check.write(ns=NAMESPACE)
    assert check("--report", "sarif=x.sarif", "--report", "text=x.txt").code == 0
    assert json.loads((check.directory / "x.sarif").read_text())["runs"][0]["results"] == []
    assert (check.directory / "x.txt").read_text() == ""
    check.write(odd=BROKEN)
    assert check("--report", "sarif=x.sarif").code == 1
    assert len(json.loads((check.directory / "x.sarif").read_text())["runs"][0]["results"]) == 1


@pytest.mark.parametrize("report", ["sarif", "sarif=", "=x", "html=x", "SARIF=x"])
def test_reports_that_are_no_good(check: Check, report: str) -> None:
    check.write(ns=NAMESPACE)
    assert check("--report", report).code == 2


@pytest.mark.parametrize("target", ["ns.yaml", "./ns.yaml", "config"])
def test_a_report_never_overwrites_what_was_read(check: Check, target: str) -> None:
    check.write(ns=NAMESPACE)
    (check.directory / "config").write_text(SETUP)
    done = check("-c", "config", "--report", f"json={target}")
    assert done.code == 2
    assert "would overwrite" in done.err[-1]
    assert (check.directory / "ns.yaml").read_text() == NAMESPACE
    assert (check.directory / "config").read_text() == SETUP


def test_two_reports_to_one_file_are_refused(check: Check) -> None:
    assert check("--report", "json=x", "--report", "sarif=x").code == 2


def test_a_report_that_cannot_be_written(check: Check) -> None:
    check.write(ns=NAMESPACE)
    (check.directory / "file").write_text("")
    done = check("--report", "json=file/x.json")
    assert (done.code, done.out) == (2, "")


@pytest.mark.parametrize("format_", ["text", "json", "sarif", "junit", "github"])
def test_stdout_carries_the_answer_only(check: Check, format_: str) -> None:
    check.write(ns=NAMESPACE, agent=AGENT)
    done = check("--format", format_)
    assert "objects in" not in done.out
    assert done.err == [f"krm-fn: 2 objects in 2 files, 1 warning {DEFAULTS}"]
    assert "\x1b" not in done.out


def test_colours(check: Check) -> None:
    check.write(ns=NAMESPACE, agent=AGENT)
    assert "\x1b[" in check("--color", "always").out
    assert "\x1b[" not in check("--color", "never").out
    assert "\x1b[" not in check("--color", "always", "--format", "github").out


NASTY_NAMES = ["\x1b[31m", "a\nb", "]]>", "a\n::error::owned", "zoë 日本", "\x00"]


@pytest.mark.parametrize("format_", ["text", "json", "sarif", "junit", "github"])
@pytest.mark.parametrize("name", NASTY_NAMES)
def test_names_out_of_manifests(check: Check, name: str, format_: str) -> None:
    stdin = NAMESPACE + "---\n" + AGENT.replace("name: agent\n", f"name: {json.dumps(name)}\n", 1)
    done = check("--format", format_, "-", stdin=stdin)
    assert done.code == 0
    assert "host-network" in done.out
    assert all(line.isprintable() for line in done.out.replace("&#10;", "").split("\n"))
    assert not [line for line in done.lines if line.lstrip().startswith("::error")]
    if format_ == "junit":
        ElementTree.fromstring(done.out)
