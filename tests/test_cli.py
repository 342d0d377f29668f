"""krm_fn.cli: streams, exit codes and arguments, as orchestrators and people meet them."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from krm_fn import __version__, cli

HEAD = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n"
NAMESPACE = "{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {kuma.io/sidecar-injection: enabled}}}"
SERVICE = "{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {ports: [{port: 80}]}}"
GATEWAY = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: edge, namespace: shop}
spec:
  template:
    metadata: {labels: {app: edge}, annotations: {kuma.io/gateway: enabled}}
    spec: {containers: [{name: edge, image: edge, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: edge, namespace: shop}
spec: {selector: {app: edge}, ports: [{port: 80}]}
"""
SETUP = "apiVersion: fn.kuma.io/v1alpha1\nkind: MeshSetup\nmetadata:\n  name: mesh-setup\n"
EMIT = "spec:\n  externalNames:\n  - {name: api, namespace: shop, hostname: api.mesh, ports: [{port: 80}]}\n"
LIST = f"{HEAD}items:\n- {NAMESPACE}\n- {SERVICE}\n"
WRONG_LIST = LIST + "functionConfig: {apiVersion: fn.kuma.io/v1alpha1, kind: MeshSetup, spec: {zoen: x}}\n"
WARNED_LIST = LIST + "- {kind: X, metadata: {name: x}, a: 1, a: 2}\n"
FAILING = """\
import sys
import krm_fn.function
def fail(*anything):
    raise ZeroDivisionError("one\\ntwo")
krm_fn.function.transform = krm_fn.function.run = fail
from krm_fn.cli import run
sys.exit(run(sys.argv[1:]))
"""
Run = subprocess.CompletedProcess[bytes]


def krm_fn(
    *arguments: str | Path,
    stdin: bytes | str = b"",
    env: dict[str, str] | None = None,
    program: tuple[str, ...] = ("-m", "krm_fn"),
) -> Run:
    return subprocess.run(
        [sys.executable, *program, *arguments],
        input=stdin.encode() if isinstance(stdin, str) else stdin,
        capture_output=True,
        check=False,
        timeout=120,
        env={**environment(), **(env or {})},
    )


def environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if key not in (cli.PLUGIN_CONFIG, cli.DEBUG)}


def said(run: Run) -> list[str]:
    """The lines on stderr, each of which must say who speaks."""
    lines = run.stderr.decode().splitlines()
    assert all(line.startswith("krm-fn: ") for line in lines)
    return [line.removeprefix("krm-fn: ") for line in lines]


# --- the function -----------------------------------------------------------------------------------------------------


def test_a_list_goes_through() -> None:
    run = krm_fn(stdin=LIST)
    assert run.returncode == 0
    assert said(run) == ["1 of 2 items changed"]
    assert b"nginx.ingress.kubernetes.io/service-upstream" in run.stdout


@pytest.mark.parametrize("text", ["", " ", "\n\n\t\r\n "])
def test_nothing_on_stdin_gives_the_usage(text: str) -> None:
    run = krm_fn(stdin=text)
    assert (run.returncode, run.stdout) == (2, b"")
    assert run.stderr.decode() == cli.USAGE


def test_a_terminal_on_stdin_gives_the_usage() -> None:
    main, terminal = pty.openpty()
    try:
        run = subprocess.run(
            [sys.executable, "-m", "krm_fn"], stdin=terminal, capture_output=True, check=False, timeout=60
        )
    finally:
        os.close(main)
        os.close(terminal)
    assert (run.returncode, run.stdout) == (2, b"")
    assert run.stderr.decode() == cli.USAGE


def test_a_byte_order_mark_stays() -> None:
    run = krm_fn(stdin=b"\xef\xbb\xbf" + LIST.encode())
    assert run.returncode == 0
    assert run.stdout == b"\xef\xbb\xbf" + krm_fn(stdin=LIST).stdout


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"\xef\xbb\xbf", "no ResourceList"),
        (b"# nothing\n", "no ResourceList"),
        (LIST.encode().replace(b"web", b"w\xe9b"), "line 5: the input is not UTF-8 (byte 0xe9)"),
        (LIST.encode("utf-16"), "UTF-16"),
        (LIST.encode("utf-16-le"), "U+0000"),
        (LIST.encode().replace(b"web", b"w\0b"), "U+0000 is not allowed"),
        (b"a: [", "the input is not YAML"),
        (b"log: line\n" + LIST.encode() + b"\x1b[0m", "not YAML"),
        (b"kind: Deployment\n", "its kind is 'Deployment'"),
        (LIST.encode() + b"items: []\n", "stands twice"),
        (b"\xff\xfe\x00\x00", "UTF-16"),
        (b"%", "not YAML"),
    ],
)
def test_what_cannot_be_read_gives_2_and_no_answer(text: bytes, words: str) -> None:
    run = krm_fn(stdin=text)
    assert (run.returncode, run.stdout) == (2, b"")
    assert words in " ".join(said(run))


def test_where_it_went_wrong_is_shown() -> None:
    run = krm_fn(stdin=HEAD + "items:\n- a: b: c\n")
    assert said(run)[1:] == ["- a: b: c", "      ^"]
    assert "line 4, column 7" in said(run)[0]


def test_errors_give_1_and_the_list_with_results() -> None:
    run = krm_fn(stdin=WRONG_LIST)
    assert run.returncode == 1
    assert run.stdout.decode().startswith(WRONG_LIST + "results:\n")
    [error, summary] = said(run)
    assert error.startswith("error: functionConfig.spec.zoen: ")
    assert summary == "1 error; nothing was changed"


def test_warnings_are_said_where_results_may_be_dropped() -> None:
    [warning, summary] = said(krm_fn(stdin=WARNED_LIST))
    assert warning.startswith("warning: X default/x: ")
    assert summary == "1 of 3 items changed, 1 warning"


KPT = "config.k8s.io/id: '1', internal.config.kubernetes.io/path: a.yaml"


@pytest.mark.parametrize(
    ("notes", "is_said"),
    [
        (KPT, False),
        (KPT + ", kustomize.config.k8s.io/id: x", True),
        ("internal.config.kubernetes.io/path: a.yaml", True),
        ("config.k8s.io/id: '1'", True),
    ],
)
def test_kpt_says_warnings_itself(notes: str, is_said: bool) -> None:
    noted = WARNED_LIST.replace("metadata: {name: web,", f"metadata: {{name: web, annotations: {{{notes}}},")
    run = krm_fn(stdin=noted)
    assert any(line.startswith("warning: ") for line in said(run)) is is_said
    assert b"severity: warning" in run.stdout
    wrong = noted.replace(HEAD, HEAD + "functionConfig: 7\n")
    assert any(line.startswith("error: ") for line in said(krm_fn(stdin=wrong)))


def test_the_summary_counts_what_was_done() -> None:
    items = "".join(f"- {line}\n" for line in (NAMESPACE,))
    items += "".join("- " + part.replace("\n", "\n  ").rstrip(" ") for part in GATEWAY.split("---\n"))
    first = krm_fn(stdin=f"{HEAD}items:\n{items}")
    assert said(first)[-1] == (
        "1 of 3 items changed, 1 item generated, 1 Dataplane for review only "
        "(spec.dataplanes.localConfig: false makes ordinary resources of them)"
    )
    gone = first.stdout.decode().replace("kuma.io/gateway: enabled", "x: y")
    assert said(krm_fn(stdin=gone))[-1] == "0 of 4 items changed, 1 item no longer wanted and removed"


# --- bugs and broken streams ------------------------------------------------------------------------------------------


def test_a_bug_gives_3_one_line_and_the_input_back() -> None:
    run = krm_fn(stdin=LIST, program=("-c", FAILING))
    assert (run.returncode, run.stdout) == (3, LIST.encode())
    [line] = said(run)
    assert line.startswith("this is a bug in krm-fn: ZeroDivisionError: one\\ntwo. ")
    assert cli.DEBUG in line


@pytest.mark.parametrize(("value", "shown"), [("1", True), ("0", False), ("", False)])
def test_a_traceback_is_for_those_who_ask(value: str, shown: bool) -> None:
    run = krm_fn(stdin=LIST, program=("-c", FAILING), env={cli.DEBUG: value})
    assert (b"Traceback" in run.stderr) is shown
    assert run.returncode == 3


def redirected(redirection: str, text: str = LIST) -> Run:
    command = f'"{sys.executable}" -m krm_fn {redirection}'
    return subprocess.run(["bash", "-c", command], input=text.encode(), capture_output=True, check=False, timeout=60)


@pytest.mark.parametrize("redirection", [">&-", "> /dev/full"])
@pytest.mark.parametrize("text", [LIST, WRONG_LIST])
def test_an_answer_that_cannot_be_written_is_no_success(redirection: str, text: str) -> None:
    if "/dev/full" in redirection and not os.path.exists("/dev/full"):
        pytest.skip("there is no /dev/full here")
    run = redirected(redirection, text)
    assert run.returncode == 2
    assert len(said(run)) == 1


def test_a_reader_that_went_away() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        run = subprocess.run(
            [sys.executable, "-m", "krm_fn"],
            input=LIST.encode(),
            stdout=writing,
            stderr=subprocess.PIPE,
            check=False,
            timeout=60,
        )
    finally:
        os.close(writing)
    assert run.returncode == 2
    assert said(run) == ["standard output was closed before everything was written"]


@pytest.mark.parametrize("redirection", ["2>&-", "2> /dev/full"])
@pytest.mark.parametrize(("text", "code"), [(LIST, 0), (WRONG_LIST, 1), ("", 2), ("a: [", 2)])
def test_nobody_needs_to_listen(redirection: str, text: str, code: int) -> None:
    if "/dev/full" in redirection and not os.path.exists("/dev/full"):
        pytest.skip("there is no /dev/full here")
    run = redirected(redirection, text)
    assert run.returncode == code
    assert run.stdout == krm_fn(stdin=text).stdout


def test_closed_stdin_gives_the_usage() -> None:
    run = redirected("<&-")
    assert (run.returncode, run.stdout) == (2, b"")


def test_an_interrupt_ends_without_a_traceback() -> None:
    program = """\
import sys, time
from krm_fn.cli import run
class Waiting:
    buffer = property(lambda self: self)
    def isatty(self):
        return False
    def read(self):
        sys.stderr.write("!")
        sys.stderr.flush()
        time.sleep(60)
sys.stdin = Waiting()
sys.exit(run([]))
"""
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stderr is not None
        assert process.stdout is not None
        assert process.stderr.read(1) == b"!"
        process.send_signal(signal.SIGINT)
        assert process.stdout.read() == b""
        assert process.stderr.read() == b""
    assert process.returncode == 130


# --- kustomize's legacy exec plugin -----------------------------------------------------------------------------------

DOCUMENTS = f"# first\n{NAMESPACE} # ns\n---\n# web\n{SERVICE}\n"


@pytest.fixture
def setup(tmp_path: Path) -> Path:
    path = tmp_path / "kust-plugin-config-123"
    path.write_text(SETUP)
    return path


@pytest.mark.parametrize("env", [{}, {cli.PLUGIN_CONFIG: SETUP}])
@pytest.mark.parametrize("more", [(), ("one", "--two")])
def test_documents_in_documents_out(setup: Path, env: dict[str, str], more: tuple[str, ...]) -> None:
    run = krm_fn(setup, *more, stdin=DOCUMENTS, env=env)
    assert run.returncode == 0
    assert said(run) == ["1 of 2 items changed"]
    before, after = DOCUMENTS.split("namespace: shop}")
    assert run.stdout.decode().startswith(before)
    assert run.stdout.decode().endswith(after)
    assert b'nginx.ingress.kubernetes.io/service-upstream: "true"' in run.stdout


def test_a_generator_gives_only_what_it_made(setup: Path) -> None:
    setup.write_text(SETUP + EMIT)
    run = krm_fn(setup, stdin="", env={cli.PLUGIN_CONFIG: SETUP})
    assert run.returncode == 0
    assert run.stdout.decode().startswith("apiVersion: v1\nkind: Service\nmetadata:\n  name: api\n")
    assert b"---" not in run.stdout
    setup.write_text(SETUP)
    assert krm_fn(setup, stdin="").stdout == b""


def test_new_documents_come_last(setup: Path) -> None:
    stdin = f"{NAMESPACE}\n---\n{GATEWAY}"
    run = krm_fn(setup, stdin=stdin)
    assert run.stdout.decode().count("---\n") == 3
    assert "kind: Dataplane" in run.stdout.decode().rpartition("---\n")[2]
    again = krm_fn(setup, stdin=run.stdout)
    assert again.stdout == run.stdout


def test_a_plugin_with_errors_gives_1(setup: Path) -> None:
    for config in (SETUP + "spec: {zoen: x}\n", SETUP + "spec: {zone: x, zone: z}\n", "kind: Nothing\n"):
        setup.write_text(config)
        run = krm_fn(setup, stdin=DOCUMENTS, env={cli.PLUGIN_CONFIG: config})
        assert run.returncode == 1
        assert run.stdout == DOCUMENTS.encode()
        assert said(run)[0].startswith("error: functionConfig")


@pytest.mark.parametrize(
    ("config", "stdin"),
    [("a: [", DOCUMENTS.encode()), (SETUP, b"a: ["), (SETUP, b"\xff"), (SETUP, b"\0")],
)
def test_a_plugin_that_cannot_read_gives_2(setup: Path, config: str, stdin: bytes) -> None:
    setup.write_text(config)
    run = krm_fn(setup, stdin=stdin, env={cli.PLUGIN_CONFIG: config})
    assert (run.returncode, run.stdout) == (2, b"")
    assert said(run)


def test_a_bug_in_a_plugin_gives_3(setup: Path) -> None:
    run = krm_fn(setup, stdin=DOCUMENTS, program=("-c", FAILING))
    assert (run.returncode, run.stdout) == (3, b"")
    assert len(said(run)) == 1


@pytest.mark.parametrize(
    ("content", "is_config"),
    [
        (SETUP, True),
        ("# c\n---\n" + SETUP, True),
        ("\ufeff" + SETUP, True),
        ('{"apiVersion": "fn.kuma.io/v1alpha1", "kind": "MeshSetup"}', True),
        ("apiVersion: v1\nkind: ConfigMap\ndata: {mesh: m}\n", True),
        (LIST, False),
        ("# MeshSetup\n", False),
        ("MeshSetup: [", False),
        (SETUP + "---\n" + NAMESPACE, False),
        ('{"title": "MeshSetup", "const": "fn.kuma.io/v1alpha1"}', False),
        ("", False),
    ],
)
def test_a_file_is_a_configuration_by_its_kind(tmp_path: Path, content: str, is_config: bool) -> None:
    path = tmp_path / "schema"
    path.write_text(content, encoding="utf-8")
    assert (cli._plugin_config(str(path)) is not None) is is_config


def test_a_file_of_a_commands_name_is_no_configuration(tmp_path: Path) -> None:
    schema = krm_fn("schema").stdout
    (tmp_path / "schema").write_bytes(schema)
    run = subprocess.run(
        [sys.executable, "-m", "krm_fn", "schema"], cwd=tmp_path, capture_output=True, check=False, timeout=60
    )
    assert (run.returncode, run.stdout) == (0, schema)


# --- commands ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [("--help",), ("-h",), ("schema", "--help")])
def test_help_is_an_answer(arguments: tuple[str, ...]) -> None:
    run = krm_fn(*arguments)
    assert (run.returncode, run.stderr) == (0, b"")
    assert run.stdout.decode().startswith("Usage: krm-fn ")


def test_version() -> None:
    run = krm_fn("--version")
    assert (run.returncode, run.stderr) == (0, b"")
    assert __version__ in run.stdout.decode()


def test_the_schema_is_json() -> None:
    import json

    run = krm_fn("schema")
    assert (run.returncode, run.stderr) == (0, b"")
    assert json.loads(run.stdout)["$schema"].startswith("https://json-schema.org/draft/2020-12")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("schem",), "schema"),
        (("no-such-thing",), "no-such-thing"),
        (("--bogus",), "--bogus"),
        (("",), "command"),
        (("/no/such/file.yaml",), "/no/such/file.yaml"),
        (("schema", "extra"), "extra"),
        (("/",), "'/'"),
    ],
)
def test_wrong_usage_gives_2(arguments: tuple[str, ...], words: str) -> None:
    run = krm_fn(*arguments, stdin=LIST)
    assert (run.returncode, run.stdout) == (2, b"")
    assert words in run.stderr.decode()
    assert "Traceback" not in run.stderr.decode()


def test_the_nearest_command_is_named() -> None:
    assert "Did you mean 'schema'?" in krm_fn("schem").stderr.decode()
