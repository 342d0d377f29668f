"""Hostile inputs as a table: each makes as much of something as asked for, and says what has to come of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

LIST = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n"
NAMESPACE = """\
- apiVersion: v1
  kind: Namespace
  metadata:
    name: shop
    labels:
      kuma.io/sidecar-injection: enabled
"""
MAP = "- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: x, namespace: shop}\n  data:\n"
DEPLOYMENT = """\
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web, namespace: shop}
  spec:
    template:
      metadata:
        annotations:
          note: x
"""
POD = "      spec:\n        containers:\n        - name: web\n          image: web\n"
WEB = DEPLOYMENT + POD
IDENTITY = "  apiVersion: fn.kuma.io/v1alpha1\n  kind: MeshSetup\n  metadata: {name: mesh-setup}\n"
EVERYTHING = """\
  spec:
    zone: east
    injection: {mode: manual}
    controlPlane: {address: "http://cp:5681"}
    dataplanes: {emit: all}
    gateways: {harden: apply}
"""
CONFIG = f"functionConfig:\n{IDENTITY}  spec: {{dataplanes: {{emit: all}}}}\n"
MARKED = f"functionConfig:\n{IDENTITY}  spec: {{markApplied: true}}\n"

KEPT, CHANGED, REPORTED, REFUSED = "passes as it is", "is answered", "is an error, nothing changed", "is refused"
EMPTIED = "leaves nothing, as it holds nothing"


class Hostile(NamedTuple):
    """An input: `make(size)` writes it, `size` is for every run and `full` for those that take their time."""

    name: str
    make: Callable[[int], str | bytes]
    size: int
    full: int
    outcomes: tuple[str, ...]
    words: str = ""
    command: tuple[str, ...] = ()


def listed(items: str, config: str = CONFIG) -> str:
    return f"{LIST}items:\n{NAMESPACE}{items}{config}"


def alias_bomb(size: int) -> str:
    """Each level holds the one before ten times."""
    levels = "".join(f"  a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, size))
    return f"{LIST}bomb:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n{levels}items:\n{NAMESPACE}"


def alias_square(size: int) -> str:
    """A long list, and as many aliases of it."""
    return f"{LIST}bomb:\n  long: &a [{'x, ' * size}]\n  many: [{'*a, ' * size}]\nitems:\n{NAMESPACE}"


def merge_bomb(size: int) -> str:
    """Many keys, merged many times."""
    keys = "".join(f"    k{n}: v\n" for n in range(size))
    return f"{LIST}bomb:\n  base: &a\n{keys}" + "".join(f"  m{n}:\n    <<: *a\n" for n in range(size))


def merge_tower(size: int) -> str:
    """Each mapping merges the one before twice."""
    levels = "".join(f"  a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}], k{n}: v}}\n" for n in range(1, size))
    return f"{LIST}bomb:\n  a0: &a0 {{k: v}}\n{levels}items:\n{NAMESPACE}"


def cycle(_: int) -> str:
    return listed(f"{MAP}    a: &a\n      b: *a\n")


def many_keys(size: int) -> str:
    return listed(MAP + "".join(f"    key-{n}: value\n" for n in range(size)))


def long_plain(size: int) -> str:
    return listed(f"{MAP}    a: {'word ' * (size // 5)}\n")


def long_quoted(size: int) -> str:
    text = "tab\\t" * (size // 5)
    return listed(f'{MAP}    a: "{text}"\n')


def long_block(size: int) -> str:
    line = "      a line of a file in a ConfigMap, as long as such lines are\n"
    return listed(f"{MAP}    a: |\n{line * (size // len(line))}")


def long_beside_an_edit(size: int) -> str:
    return listed(f"{DEPLOYMENT}          long: {'word ' * (size // 5)}\n{POD}", MARKED)


def long_block_beside_an_edit(size: int) -> str:
    line = "            a line of a long annotation\n"
    return listed(f"{DEPLOYMENT}          long: |\n{line * (size // len(line))}{POD}", MARKED)


def long_key(size: int) -> str:
    return listed(f"{MAP}    ? {'k' * size}\n    : v\n")


def deep_block(size: int) -> str:
    levels = "".join(f"{' ' * (n + 4)}a:\n" for n in range(size))
    return listed(MAP + levels)


def deep_list(size: int) -> str:
    return listed(f"{MAP}    a: {'[' * size}{']' * size}\n")


def deep_dashes(size: int) -> str:
    return listed(f"{MAP}    a:\n    {'- ' * size}x\n")


def deep_flow(size: int) -> str:
    return listed(f"{MAP}    a: {'{a: ' * size}x{'}' * size}\n")


def open_brackets(size: int) -> str:
    return listed(f"{MAP}    a: {'[' * size}")


def not_utf8(size: int) -> bytes:
    return listed(f"{MAP}    a: {'é' * size}\n").encode("latin-1")


def utf16(_: int) -> bytes:
    return listed(WEB).encode("utf-16")


def nul(size: int) -> str:
    return listed(f"{MAP}    a: {'x' * size}\0\n")


def controls(_: int) -> str:
    return listed(f'{MAP}    a: "\x1b[2J"\n')


def half_a_pair(_: int) -> bytes:
    return listed(f"{MAP}    a: x\n").encode() + b"# \xed\xa0\x80\n"


def long_numbers(size: int) -> str:
    values = (
        "9" * size,
        f"0x{'f' * size}",
        f"0o{'7' * size}",
        f"1{'0' * size}.5",
        f"1e{'9' * size}",
        "1_" * size + "1",
    )
    keys = "".join(
        f"    k{n}: {value}\n" for n, value in enumerate((*values, "-" + "9" * size, "18446744073709551616"))
    )
    return listed(MAP + keys)


def numbers_as_ports(size: int) -> str:
    ports = "".join(f"  - {{port: {'9' * n}, targetPort: -{'9' * n}}}\n" for n in (20, 40, size))
    service = (
        f"- apiVersion: v1\n  kind: Service\n  metadata: {{name: web, namespace: shop}}\n  spec:\n    ports:\n{ports}"
    )
    return listed(service.replace("\n  - {", "\n    - {"))


def exploding_patterns(size: int) -> str:
    rule = "{target: {kind: Deployment, name: %s}, inject: true}"
    patterns = ("'(a+)+b'", "'(a|a)*b'", "'(a*)*b'", "'(.*)(.*)(.*)(.*)b'")
    rules = ", ".join(rule % pattern for pattern in patterns)
    config = f"functionConfig:\n{IDENTITY}  spec: {{injection: {{rules: [{rules}]}}}}\n"
    return listed(WEB.replace("name: web, name", f"name: {'a' * size}, name"), config)


def large_pattern(size: int) -> str:
    rules = f"[{{target: {{name: '((a{{1,{size}}}){{1,{size}}}){{1,{size}}}'}}, inject: true}}]"
    return listed(WEB, f"functionConfig:\n{IDENTITY}  spec: {{injection: {{rules: {rules}}}}}\n")


def lists_in_lists(size: int) -> str:
    lists = f"{'{apiVersion: v1, kind: List, items: [' * size}{']}' * size}"
    return listed(f"- {lists}\n{WEB}")


def long_list(size: int) -> str:
    member = "  - {apiVersion: v1, kind: ConfigMap, metadata: {name: c%d, namespace: shop}}\n"
    return listed("- apiVersion: v1\n  kind: List\n  items:\n" + "".join(member % n for n in range(size)) + WEB)


def many_ports(size: int) -> str:
    head = "- apiVersion: v1\n  kind: Service\n  metadata: {name: web, namespace: shop}\n  spec:\n    ports:\n"
    return listed(head + "".join(f"    - {{name: p{n}, port: {n % 65535 + 1}}}\n" for n in range(size)) + WEB)


def many_paths(size: int) -> str:
    head = "- apiVersion: networking.k8s.io/v1\n  kind: Ingress\n  metadata: {name: web, namespace: shop}\n  spec:\n"
    path = "          - {path: /%d, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}\n"
    paths = "".join(path % n for n in range(size))
    return listed(f"{head}    ingressClassName: kong\n    rules:\n    - http:\n        paths:\n{paths}{WEB}")


def many_containers(size: int) -> str:
    return listed(WEB + "".join(f"        - {{name: c{n}, image: web}}\n" for n in range(size)))


def same_key(size: int) -> str:
    return listed(MAP + "    a: b\n" * size)


def many_items(size: int) -> str:
    return listed("".join(f"- {{kind: A{n}}}\n" for n in range(size)))


def odd_items(size: int) -> str:
    return listed("- \n- 1\n- [a]\n- {}\n" * size)


def empty_documents(size: int) -> str:
    return "---\n" * size


def comment_lines(size: int) -> str:
    return listed("# a comment\n" * size + WEB)


def blank_lines(size: int) -> str:
    return listed("\n" * size + WEB)


def annotated(values: tuple[tuple[str, str], ...]) -> Callable[[int], str]:
    """A workload with annotations that are parsed: each value repeated to the size."""

    def make(size: int) -> str:
        lines = "".join(f"          {key}: '{(value * (size // len(value)))}'\n" for key, value in values)
        config = f"functionConfig:\n{IDENTITY}{EVERYTHING}"
        return listed(DEPLOYMENT + lines + POD, config)

    return make


PORTS = (
    ("traffic.kuma.io/exclude-inbound-ports", "1,"),
    ("traffic.kuma.io/exclude-outbound-ports", "1-2,"),
    ("kuma.io/transparent-proxying-reachable-services", "a,"),
    ("kuma.io/direct-access-services", "*,"),
    ("kuma.io/container-patches", "a,"),
)
WORDS = (
    ("kuma.io/sidecar-env-vars", "A=1;"),
    ("kuma.io/sidecar-drain-time", "1h"),
    ("kuma.io/sidecar-proxy-concurrency", "9"),
    ("prometheus.metrics.kuma.io/port", "9"),
    ("kuma.io/virtual-probes-port", "1"),
    ("kuma.io/application-probe-proxy-port", "0"),
    ("kuma.io/reachable-backends", "{{"),
    ("kuma.io/xds-transport-protocol-variant", "x"),
)
NESTED = (
    ("kuma.io/reachable-backends", "["),
    ("fn.kuma.io/injected", "["),
    ("traffic.kuma.io/transparent-proxy-config", "{a: "),
    ("k8s.v1.cni.cncf.io/networks", "[,"),
)


def fields_of_containers(size: int) -> str:
    """Quantities, ports, probes and variables, which are read where a sidecar is written."""
    number, word = "9" * size, "x" * size
    lines = f"""\
          resources: {{limits: {{cpu: "{number}m", memory: {number}}}, requests: {{cpu: -{number}, memory: {word}}}}}
          ports: [{{containerPort: {number}, name: {word}}}, {{containerPort: "{number}"}}]
          livenessProbe: {{httpGet: {{path: /{word}, port: {word}}}, periodSeconds: {number}}}
          readinessProbe: {{grpc: {{port: {number}}}, timeoutSeconds: "{number}"}}
          startupProbe: {{tcpSocket: {{port: "{number}"}}}}
          env: [{{name: {word}, value: "$({word})"}}]
"""
    return listed(WEB + lines, f"functionConfig:\n{IDENTITY}{EVERYTHING}")


def transparent_proxy(text: Callable[[int], str]) -> Callable[[int], str]:
    """A text as the configuration of the transparent proxy, which is YAML in a ConfigMap."""

    def make(size: int) -> str:
        head = "- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: tproxy, namespace: kuma-system}\n"
        lines = "".join(f"      {line}\n" for line in text(size).splitlines())
        injector = "{runtime: {kubernetes: {injector: {transparentProxyConfigMap: tproxy}}}}"
        config = EVERYTHING.replace('5681"}', f'5681", config: {injector}}}')
        return listed(f"{head}  data:\n    config.yaml: |\n{lines}{WEB}", f"functionConfig:\n{IDENTITY}{config}")

    return make


def brackets(size: int) -> str:
    return "[" * size


def merges(size: int) -> str:
    return "a0: &a0 {k: v}\n" + "".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, size))


FUNCTION: tuple[Hostile, ...] = (
    Hostile("aliases of aliases", alias_bomb, 20, 200, (REFUSED,), "aliases"),
    Hostile("many aliases of a long list", alias_square, 2_000, 20_000, (REFUSED,), "aliases stand for too much"),
    Hostile("many merges of many keys", merge_bomb, 2_000, 20_000, (REFUSED,), "merge keys"),
    Hostile("merges of merges", merge_tower, 300, 600, (KEPT, REPORTED)),
    Hostile("an alias inside its anchor", cycle, 1, 1, (REFUSED,), "stands inside its own anchor"),
    Hostile("keys in one mapping", many_keys, 100_000, 1_000_000, (KEPT,)),
    Hostile("a plain scalar, bytes", long_plain, 10_000_000, 100_000_000, (KEPT,)),
    Hostile("a quoted scalar with escapes, bytes", long_quoted, 10_000_000, 100_000_000, (KEPT,)),
    Hostile("a block scalar, bytes", long_block, 10_000_000, 100_000_000, (KEPT,)),
    Hostile("a scalar in an item that is edited, bytes", long_beside_an_edit, 3_000_000, 100_000_000, (CHANGED,)),
    Hostile("a block in an item that is edited, bytes", long_block_beside_an_edit, 3_000_000, 100_000_000, (CHANGED,)),
    Hostile("a key, bytes", long_key, 1_000_000, 10_000_000, (KEPT, REFUSED)),
    Hostile("levels of block mappings", deep_block, 3_000, 10_000, (REFUSED,), "nested more than 500 levels"),
    Hostile("levels of flow lists", deep_list, 10_000, 100_000, (REFUSED,), "nested more than 500 levels"),
    Hostile("levels of block lists", deep_dashes, 10_000, 10_000, (REFUSED,), "nested more than 500 levels"),
    Hostile("levels of flow mappings", deep_flow, 10_000, 100_000, (REFUSED,), "nested more than 500 levels"),
    Hostile("open brackets", open_brackets, 10_000, 100_000, (REFUSED,)),
    Hostile("bytes that are no UTF-8", not_utf8, 1_000, 10_000_000, (REFUSED,), "not UTF-8"),
    Hostile("UTF-16", utf16, 1, 1, (REFUSED,), "UTF-16"),
    Hostile("a NUL byte", nul, 1_000, 10_000_000, (REFUSED,), "U+0000 is not allowed"),
    Hostile("control characters", controls, 1, 1, (REFUSED,), "U+001B is not allowed"),
    Hostile("half of a surrogate pair", half_a_pair, 1, 1, (REFUSED,), "not UTF-8"),
    Hostile("digits of numbers", long_numbers, 100_000, 1_000_000, (KEPT,)),
    Hostile("digits of port numbers", numbers_as_ports, 5_000, 1_000_000, (KEPT, CHANGED, REPORTED)),
    Hostile("names under patterns that backtrack", exploding_patterns, 20_000, 200_000, (KEPT, CHANGED, REPORTED)),
    Hostile("repetitions in patterns", large_pattern, 1_000, 1_000, (REPORTED,), "spec.injection.rules"),
    Hostile("Lists in Lists", lists_in_lists, 100, 200, (CHANGED,)),
    Hostile("Lists in Lists, deeper", lists_in_lists, 10_000, 10_000, (REFUSED,), "nested more than 500 levels"),
    Hostile("members of a List", long_list, 10_000, 100_000, (CHANGED,)),
    Hostile("ports of a Service", many_ports, 10_000, 100_000, (CHANGED,)),
    Hostile("paths of an Ingress", many_paths, 10_000, 100_000, (CHANGED,)),
    Hostile("containers of a pod", many_containers, 10_000, 100_000, (CHANGED,)),
    Hostile("the same key again and again", same_key, 20_000, 200_000, (CHANGED,), "stands twice"),
    Hostile("items", many_items, 20_000, 500_000, (KEPT, REPORTED)),
    Hostile("items that are no resources", odd_items, 10_000, 100_000, (KEPT, REPORTED)),
    Hostile("documents without a word", empty_documents, 100_000, 1_000_000, (REFUSED,), "ResourceList"),
    Hostile("comment lines", comment_lines, 200_000, 2_000_000, (CHANGED,)),
    Hostile("blank lines", blank_lines, 200_000, 2_000_000, (CHANGED,)),
    Hostile("annotations that are lists, bytes", annotated(PORTS), 100_000, 3_000_000, (CHANGED, REPORTED)),
    Hostile("annotations that are words, bytes", annotated(WORDS), 100_000, 3_000_000, (CHANGED, REPORTED)),
    Hostile("annotations that nest, bytes", annotated(NESTED), 100_000, 3_000_000, (CHANGED, REPORTED)),
    Hostile("levels in a file in a ConfigMap", transparent_proxy(brackets), 100_000, 3_000_000, (REPORTED,), "levels"),
    Hostile("merges of merges in a ConfigMap", transparent_proxy(merges), 100, 400, (CHANGED, REPORTED)),
    Hostile("fields of containers, bytes each", fields_of_containers, 100_000, 3_000_000, (CHANGED, REPORTED)),
)
"""On standard input of the function."""


def documents(make: Callable[[int], str | bytes]) -> Callable[[int], str]:
    """The items of a ResourceList as documents, without a functionConfig."""

    def made(size: int) -> str:
        text = make(size)
        assert isinstance(text, str)
        body = text.partition("items:\n")[2].partition("functionConfig:")[0]
        lines = body.splitlines(keepends=True)
        return "".join(
            "---\n" * line.startswith("- ") + (line[2:] if line[:2] in ("- ", "  ") else line) for line in lines
        )

    return made


def plain(text: str | bytes) -> Callable[[int], str | bytes]:
    return lambda size: text


RENDER, CHECK = ("render", "-"), ("check", "-")
FILES: tuple[Hostile, ...] = tuple(
    Hostile(f"{name}, {command[0]}", make, size, full, outcomes, words, command)
    for command in (RENDER, CHECK)
    for name, make, size, full, outcomes, words in (
        ("an empty file", plain(""), 1, 1, (KEPT, REFUSED), ""),
        ("nothing but a marker", plain("---\n"), 1, 1, (KEPT, EMPTIED, REFUSED), ""),
        ("no resource, but a text", plain("just words\n"), 1, 1, (REFUSED,), "no Kubernetes resource"),
        ("no resource, but a list", plain("- a\n- b\n"), 1, 1, (REFUSED,), "no Kubernetes resource"),
        ("no YAML at all", plain(b"\x7fELF\x02\x01\x01\0\0"), 1, 1, (REFUSED,), ""),
        ("UTF-16 in a file", utf16, 1, 1, (REFUSED,), "UTF-16"),
        ("an alias inside its anchor, in a file", documents(cycle), 1, 1, (REFUSED,), "stands inside its own anchor"),
        ("levels in a file", documents(deep_list), 10_000, 100_000, (REFUSED,), "nested more than 500 levels"),
        ("keys in a file", documents(many_keys), 50_000, 1_000_000, (KEPT, CHANGED), ""),
        ("a scalar in a file, bytes", documents(long_plain), 3_000_000, 100_000_000, (KEPT, CHANGED), ""),
        ("the same key, in a file", documents(same_key), 5_000, 200_000, (KEPT, CHANGED, REPORTED), ""),
        ("empty documents in a file", empty_documents, 20_000, 1_000_000, (KEPT, EMPTIED, REFUSED), ""),
        ("comment lines in a file", documents(comment_lines), 100_000, 2_000_000, (KEPT, CHANGED), ""),
    )
)
"""On standard input of the commands for people's own files."""
