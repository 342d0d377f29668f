"""Manual mode: which workloads get a sidecar, what follows an edit by hand, and how it is taken out again."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from krm_fn.function import run, transform
from krm_fn.krm.documents import Documents
from krm_fn.kuma.injection import decide
from krm_fn.kuma.undone_sidecar import undone
from krm_fn.kuma.written_sidecar import CODE_OF, FORMAT, KEYS, RECORD, checksum
from krm_fn.rules.manual import manual
from krm_fn.uninject import uninject

from .tools import Ruled, codes, deployment, mesh, namespace, run_all, run_rule, service

CONTROL_PLANE = """
controlPlane:
  address: http://cp:5676
  config: {runtime: {kubernetes: {injector: {sidecarContainer: {image: "dp@sha256:1"}, initContainer: {image: "i:1"}}}}}
"""
MANUAL = "injection: {mode: manual}" + CONTROL_PLANE
SECURE = MANUAL.replace("http:", "https:")
PROBE = "livenessProbe: {httpGet: {path: /, port: 80}}"


def probed(image: str = "web:1") -> str:
    return deployment(image=image).replace(f'image: "{image}"}}', f'image: "{image}", {PROBE}}}')


def template(ruled: Ruled, index: int = 1) -> dict[str, Any]:
    data: dict[str, Any] = ruled.data[index]["spec"]["template"]
    return data


def sidecar(pod: dict[str, Any]) -> dict[str, Any] | None:
    every = (pod["spec"].get("containers") or []) + (pod["spec"].get("initContainers") or [])
    return next((container for container in every if container["name"] == "kuma-sidecar"), None)


def as_text(data: list[dict[str, Any]]) -> str:
    return yaml.safe_dump_all(data)


# --- Which workloads --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "injected"),
    [
        (namespace() + deployment(), True),
        (namespace(labels="") + deployment(labels="kuma.io/sidecar-injection: enabled"), True),
        (namespace(labels="") + deployment(labels='kuma.io/sidecar-injection: "yes"'), True),
        (namespace(labels="kuma.io/sidecar-injection: 'yes'") + deployment(), True),
        (namespace(labels="") + deployment(), False),
        (namespace() + deployment(labels="kuma.io/sidecar-injection: disabled"), False),
        (namespace() + deployment(labels="openshift.io/build.name: x"), False),
        (namespace() + deployment(spec="hostNetwork: true"), False),
        (namespace() + deployment(spec="initContainers: [{name: kuma-sidecar, image: x}]"), False),
    ],
)
def test_the_injectors_own_decision_counts(text: str, injected: bool) -> None:
    ruled = run_all(text, MANUAL)
    assert codes(ruled.results, "error") == []
    written = RECORD in (template(ruled)["metadata"].get("annotations") or {})
    assert written is injected


@pytest.mark.parametrize("mode", ["webhook", "none"])
def test_other_modes_write_no_sidecar_and_take_none_out(mode: str) -> None:
    other = MANUAL.replace("manual", mode)
    assert not run_all(namespace() + deployment(), other).edits
    written = run_all(namespace() + probed(), MANUAL).data
    ruled = run_all(as_text(written), other)
    assert ruled.data == written
    assert codes(ruled.results) == []


def test_a_rollout_without_a_template_is_left_alone() -> None:
    text = """
---
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web, namespace: shop}
spec: {workloadRef: {kind: Deployment, name: web}}
"""
    assert not run_all(namespace() + text, MANUAL).edits


def test_a_rule_that_injects_writes_the_sidecar_too() -> None:
    rule = "injection: {mode: manual, rules: [{target: {kind: Deployment}, inject: true, mesh: pay}]}" + CONTROL_PLANE
    pod = template(run_all(namespace(labels="") + deployment(), rule))
    assert sidecar(pod)
    assert {"name": "KUMA_DATAPLANE_MESH", "value": "pay"} in (sidecar(pod) or {})["env"]


def test_the_gateway_mark_of_a_rule_reaches_the_sidecar() -> None:
    rule = MANUAL + "gateways: {rules: [{target: {kind: Deployment}}]}"
    ruled = run_all(namespace() + deployment() + service(), rule)
    pod = template(ruled)
    assert "--redirect-inbound=false" in pod["spec"]["initContainers"][0]["args"]
    [dataplane] = ruled.emits
    assert "gateway" in dataplane["spec"]["networking"]


def test_dataplanes_are_those_of_the_written_pod() -> None:
    text = namespace() + probed() + service()
    webhook = run_all(text, MANUAL.replace("manual", "webhook") + "dataplanes: {emit: all}")
    manual = run_all(text, MANUAL + "dataplanes: {emit: all}")
    assert manual.emits == webhook.emits != []


def test_digests_are_kept() -> None:
    assert (sidecar(template(run_all(namespace() + deployment(), MANUAL))) or {})["image"] == "dp@sha256:1"


# --- What has to be there ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("ca_cert", "code"),
    [
        ("", "ca-cert-missing"),
        ("caCert: nonsense", "ca-cert-invalid"),
        ('caCert: "-----BEGIN CERTIFICATE-----\\n-----BEGIN RSA PRIVATE KEY-----"', "ca-cert-invalid"),
        ('caCert: "-----BEGIN CERTIFICATE-----"', ""),
    ],
)
def test_https_needs_a_certificate(ca_cert: str, code: str) -> None:
    ruled = run_all(namespace() + deployment(), SECURE.replace("config:", f"{ca_cert}\n  config:", 1))
    assert codes(ruled.results, "error") == [code] * bool(code)
    if code:
        assert "PRIVATE KEY" not in str(ruled.data)


def test_the_certificate_may_come_by_a_variable() -> None:
    spec = SECURE.replace("sidecarContainer: {", "sidecarContainer: {envVars: {KUMA_CONTROL_PLANE_CA_CERT: x}, ")
    assert codes(run_all(namespace() + deployment(), spec).results, "error") == []


def test_nothing_is_needed_where_nothing_is_injected() -> None:
    assert codes(run_all(namespace(labels="") + deployment(), "injection: {mode: manual}").results) == []


CONFIG_MAP = """
---
apiVersion: v1
kind: ConfigMap
metadata: {name: kuma-control-plane-config, namespace: kuma-system}
data: {config.yaml: "runtime: {kubernetes: {injector: {SidecarContainer: {image: of-the-map, drainTime: 7s}}}}"}
"""


@pytest.mark.parametrize(
    ("text", "image", "drain_time"),
    [
        (CONFIG_MAP, "dp@sha256:1", "7s"),
        (CONFIG_MAP.replace("kuma-system", "elsewhere"), "dp@sha256:1", "30s"),
        (CONFIG_MAP.replace("-config,", "-configuration,"), "dp@sha256:1", "30s"),
        (CONFIG_MAP.replace('"runtime: ', '"- runtime: '), "dp@sha256:1", "30s"),
        (CONFIG_MAP.replace("config.yaml:", "other.yaml:"), "dp@sha256:1", "30s"),
    ],
)
def test_the_control_planes_config_map_is_used(text: str, image: str, drain_time: str) -> None:
    found = sidecar(template(run_all(namespace() + deployment() + text, MANUAL))) or {}
    assert found["image"] == image
    assert {"name": "KUMA_DATAPLANE_DRAIN_TIME", "value": drain_time} in found["env"]


def test_a_config_map_that_is_not_yaml_is_an_error() -> None:
    items = [{"apiVersion": "v1", "kind": "ConfigMap", "data": {"config.yaml": "a: [b"}}]
    items[0]["metadata"] = {"name": "kuma-control-plane-config", "namespace": "kuma-system"}
    listed = {"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList", "items": items}
    [found] = transform(json.dumps(listed)).outcome.results
    assert found.code == "control-plane-config"


@pytest.mark.parametrize(
    ("container", "image"),
    [("sidecarContainer", "kuma-dp"), ("initContainer", "kuma-init")],
)
def test_kumas_placeholder_is_no_image_of_a_version(container: str, image: str) -> None:
    kept = "initContainer: {image: 'i:1'}" if container == "sidecarContainer" else "sidecarContainer: {image: 'd:1'}"
    spec = f"""
injection: {{mode: manual}}
controlPlane: {{address: "http://cp:5676", config: {{runtime: {{kubernetes: {{injector: {{{kept}}}}}}}}}}}
"""
    ruled = run_rule(manual, namespace() + deployment(), spec)
    [found] = ruled.results
    assert (found.code, found.severity, found.item) == ("placeholder-image", "warning", None)
    assert found.message == (
        f"the image kuma/{image}:latest is Kuma's placeholder: name the one that the control plane uses, "
        f"docker.io/kumahq/{image}:<its version>, or pin it by digest"
    )
    assert found.field == f"functionConfig.spec.controlPlane.config.runtime.kubernetes.injector.{container}.image"
    assert found.current == f"kuma/{image}:latest"
    assert len(ruled.edits) == 1, "the sidecar is written all the same"


@pytest.mark.parametrize("image", ["kuma/kuma-dp:2.14.3", "kuma/kuma-dp", "example.com/kuma/kuma-dp:latest"])
def test_other_images_are_taken_as_they_are(image: str) -> None:
    assert run_rule(manual, namespace() + deployment(), MANUAL.replace("dp@sha256:1", image)).results == []


# --- What Kuma's injector refuses -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("annotations", "said"),
    [
        ("kuma.io/gateway: oops", []),  # the check of pods tells these two, and more about them
        ("kuma.io/service-account-token-volume: none", []),
        (
            "kuma.io/gateway: builtin",
            [
                'unable to set kuma.io/virtual-probes: annotation "kuma.io/gateway" has wrong value "builtin": Kuma\'s '
                "injector refuses the pods"
            ],
        ),
    ],
)
def test_what_the_injector_refuses_gets_no_sidecar_and_is_told_once(annotations: str, said: list[str]) -> None:
    text = namespace() + deployment(annotations=annotations)
    ruled = run_rule(manual, text, MANUAL)
    assert not ruled.edits
    assert [result.message for result in ruled.results] == said
    assert len([result for result in run_all(text, MANUAL).results if result.severity == "error"]) == 1


# --- Mesh -------------------------------------------------------------------------------------------------------------
def test_the_mesh_follows_the_namespace_after_injection() -> None:
    first = run_all(namespace() + deployment(), MANUAL)
    first.data[0]["metadata"]["labels"]["kuma.io/mesh"] = "pay"
    pod = template(run_all(as_text(first.data), MANUAL))
    assert pod["metadata"]["labels"]["kuma.io/mesh"] == "pay"


def test_a_missing_mesh_is_still_an_error_after_injection() -> None:
    first = run_all(namespace() + deployment() + mesh(), MANUAL)
    ruled = run_all(as_text(first.data[:2]), MANUAL + "meshes: []")
    assert codes(ruled.results, "error") == ["mesh-not-found"]


# --- Again ------------------------------------------------------------------------------------------------------------
def injected(text: str | None = None) -> list[dict[str, Any]]:
    return run_all(text or namespace() + probed(), MANUAL).data


def test_again_changes_nothing_and_says_the_same() -> None:
    first = run_all(namespace() + probed(), MANUAL)
    second = run_all(as_text(first.data), MANUAL)
    assert second.data == first.data
    assert [str(r.message) for r in second.results] == [str(r.message) for r in first.results]


def test_an_edited_annotation_is_the_authors() -> None:
    data = injected()
    data[1]["spec"]["template"]["metadata"]["annotations"]["kuma.io/application-probe-proxy-port"] = "9100"
    pod = template(run_all(as_text(data), MANUAL))
    assert pod["spec"]["containers"][0]["livenessProbe"]["httpGet"]["port"] == 9100
    assert undone(pod).template["metadata"]["annotations"] == {"kuma.io/application-probe-proxy-port": "9100"}


def test_a_new_probe_in_place_of_a_rewritten_one_is_the_authors() -> None:
    data = injected()
    data[1]["spec"]["template"]["spec"]["containers"][0]["livenessProbe"] = {"httpGet": {"path": "/new", "port": 81}}
    pod = template(run_all(as_text(data), MANUAL))
    assert pod["spec"]["containers"][0]["livenessProbe"]["httpGet"] == {"path": "/81/new", "port": 9001}
    assert undone(pod).template["spec"]["containers"][0]["livenessProbe"]["httpGet"] == {"path": "/new", "port": 81}


@pytest.mark.parametrize(
    "edit",
    [
        lambda spec: spec["initContainers"][1].update(image="mine"),
        lambda spec: spec["volumes"][0].update(emptyDir={}),
        lambda spec: spec["containers"][0]["livenessProbe"]["httpGet"].update(path="/80/other"),
    ],
)
def test_what_was_edited_is_never_lost(edit: Any) -> None:
    data = injected()
    edit(data[1]["spec"]["template"]["spec"])
    ruled = run_all(as_text(data), MANUAL)
    assert ruled.data == data
    assert codes(ruled.results) == ["sidecar-edited"]
    text = as_text(data)
    kept = uninject(text)
    assert (kept.text, kept.removed, len(kept.left)) == (text, 0, 1)
    forced = uninject(text, force=True)
    assert (forced.removed, len(forced.notes)) == (1, 1)
    assert RECORD not in forced.text


def test_each_edit_by_hand_is_named_and_the_other_workloads_are_brought_up_to_date() -> None:
    off = deployment("off", labels="kuma.io/sidecar-injection: disabled")
    data = injected(namespace() + off + deployment("a") + deployment("b") + deployment("c"))
    for container in (0, 1):
        data[2]["spec"]["template"]["spec"]["initContainers"][container]["image"] = "mine"
    ruled = run_all(as_text(data), MANUAL.replace("dp@sha256:1", "dp@sha256:2"))
    [found] = [result for result in ruled.results if result.code == "sidecar-edited"]
    assert "(spec.initContainers, kuma-init; spec.initContainers, kuma-sidecar)" in found.message
    assert found.item is not None
    assert found.item.words == "Deployment shop/a"
    assert found.field == "spec.template.spec"
    assert [(sidecar(template(ruled, index)) or {})["image"] for index in (3, 4)] == ["dp@sha256:2"] * 2


@pytest.mark.parametrize("record", ["", "v1", "v2 {}", "v1 [", "v1 []", 1, None, ["x"]])
def test_an_unreadable_record_leaves_the_workload_alone(record: Any) -> None:
    data = injected()
    data[1]["spec"]["template"]["metadata"]["annotations"][RECORD] = record
    ruled = run_all(as_text(data), MANUAL)
    assert ruled.data == data
    assert "sidecar-edited" in codes(ruled.results)
    assert uninject(as_text(data), force=True).removed == 0


@pytest.mark.parametrize(
    "record",
    [
        '{"add":[],"set":"zz 1 ?","was":3,"empty":[],"probes":{"web":{"image":[1,2],"livenessProbe":[[],1]}}}',
        '{"add":{"containers":["web"],"volumes":{"x":1}},"set":["a"],"probes":[]}',
        "{}",
    ],
)
def test_a_forged_record_is_no_way_to_a_traceback(record: str) -> None:
    data = injected()
    data[1]["spec"]["template"]["metadata"]["annotations"][RECORD] = FORMAT + record
    data[1]["spec"]["template"]["metadata"]["annotations"]["kuma.io/virtual-probes-port"] = ["x"]
    run_all(as_text(data), MANUAL)
    assert uninject(as_text(data), force=True).removed == 1


# --- What a cluster makes of it ---------------------------------------------------------------------------------------
FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "manual"


@pytest.mark.parametrize("case", sorted(FIXTURES.iterdir()), ids=lambda case: str(case.name))
def test_kubernetes_accepts_what_is_written_and_kuma_adds_no_second_sidecar(case: Path) -> None:
    kubernetes_validate = pytest.importorskip("kubernetes_validate")
    answer = yaml.safe_load((case / "output.yaml").read_text())
    if any(result["severity"] == "error" for result in answer.get("results", ())):
        return
    for item in answer["items"]:
        pod = item["spec"]["template"] if item["kind"] in ("Deployment", "StatefulSet", "Job") else item
        if "containers" not in item.get("spec", {}) and pod is item:
            continue
        kubernetes_validate.validate(item, "1.30", strict=True)
        if RECORD in (pod["metadata"].get("annotations") or {}):
            decision = decide(pod["metadata"]["labels"], pod["spec"], {"kuma.io/sidecar-injection": "enabled"}, ())
            assert decision.code == "already-injected"


REAL = sorted((Path(__file__).resolve().parents[3] / "shared" / "real").glob("*.yaml"))
EVERYONE = {"kind": "Namespace|Deployment|StatefulSet|DaemonSet|Job|CronJob|Pod"}


@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize("path", REAL, ids=lambda path: str(path.stem))
def test_real_packages_are_accepted_and_come_back_to_the_letter(path: Path, native: bool) -> None:
    kubernetes_validate = pytest.importorskip("kubernetes_validate")
    texts = {}
    for mode in ("webhook", "manual"):
        spec = yaml.safe_load(MANUAL)
        rules = [{"target": EVERYONE, "inject": True}]
        spec["injection"] = {"mode": mode, "rules": rules, "override": True}
        spec["controlPlane"]["config"]["experimental"] = {"sidecarContainers": native}
        spec["dataplanes"] = {"emit": "none"}
        setup = {"apiVersion": "fn.kuma.io/v1alpha1", "kind": "MeshSetup", "metadata": {"name": "m"}, "spec": spec}
        source = Documents(path.read_text())
        outcome = run(source, setup)
        assert outcome.exit_code == 0
        texts[mode] = source.rebuild(outcome.changed, outcome.removed, outcome.added)
    written = [item for item in yaml.safe_load_all(texts["manual"]) if item and RECORD in str(item)]
    assert written
    for item in written:
        kubernetes_validate.validate(item, "1.30", strict=True)
    assert uninject(texts["manual"]).text == texts["webhook"]


# --- Taking it out ----------------------------------------------------------------------------------------------------
def test_every_key_that_injection_sets_has_a_code() -> None:
    spec = MANUAL.replace("injector: {", "injector: {cniEnabled: true, ebpf: {enabled: true, tcAttachIface: eth0}, ")
    notes = ", ".join(f'traffic.kuma.io/exclude-{way}: "1"' for way in ("outbound-ports", "inbound-ips"))
    pod = template(run_all(namespace() + deployment(annotations=notes), spec))
    marks = json.loads(pod["metadata"]["annotations"][RECORD].removeprefix(FORMAT))["set"].split()
    assert CODE_OF["annotations", "k8s.v1.cni.cncf.io/networks"] in {mark[0] for mark in marks}
    assert len(set(KEYS)) == len(KEYS) == len(set(CODE_OF.values()))


def test_checksums_do_not_depend_on_the_order_of_keys() -> None:
    assert checksum({"a": 1, "b": [1, "x"]}) == checksum({"b": [1, "x"], "a": 1}) != checksum({"a": 1, "b": ["x", 1]})
    assert checksum({1: 2, "a": 3}) == "-"


def test_text_without_a_record_is_not_even_read() -> None:
    assert uninject("}{ not yaml").text == "}{ not yaml"


def test_members_of_lists_and_any_kind_are_found() -> None:
    data = injected()[1]
    before = next(iter(yaml.safe_load_all(probed().strip("\n-"))))
    wrapped = {"kind": "List", "items": [{"kind": "X", "spec": {"a": {"b": data["spec"]["template"]}}}]}
    found = uninject(yaml.safe_dump(wrapped))
    after = yaml.safe_load(found.text)["items"][0]["spec"]["a"]["b"]
    assert after["spec"] == before["spec"]["template"]["spec"]
    assert found.removed == 1


def command(*arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "krm_fn", "uninject", *arguments],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_reads_standard_input() -> None:
    done = command(text=as_text(injected()))
    assert done.returncode == 0
    assert "kuma-sidecar" not in done.stdout
    assert done.stderr == "krm-fn: standard input: 1 sidecar taken out\n"


def test_the_command_writes_files_only_when_told(tmp_path: Path) -> None:
    path, other = tmp_path / "a.yaml", tmp_path / "b.yaml"
    path.write_text(as_text(injected()))
    other.write_bytes(b"\xef\xbb\xbfkind: X  # kept\r\n")
    before = path.read_text()
    assert "kuma-sidecar" not in command(str(path)).stdout
    assert path.read_text() == before
    done = command("--in-place", str(path), str(other))
    assert (done.returncode, done.stdout) == (0, "")
    assert "kuma-sidecar" not in path.read_text()
    assert other.read_bytes() == b"\xef\xbb\xbfkind: X  # kept\r\n"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("a.yaml", "b.yaml"), 2), (("--in-place",), 2), (("missing.yaml",), 2), (("a.yaml",), 1), (("broken.yaml",), 2)],
)
def test_the_command_says_what_it_could_not_do(tmp_path: Path, arguments: tuple[str, ...], code: int) -> None:
    data = injected()
    data[1]["spec"]["template"]["spec"]["volumes"][0]["emptyDir"] = {}
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(as_text(data))
    (tmp_path / "broken.yaml").write_text(f"{RECORD}: [")
    done = command(*(str(tmp_path / name) if name.endswith("yaml") else name for name in arguments))
    assert done.returncode == code
    assert done.stderr
    assert "Traceback" not in done.stderr
