"""The outside: arguments, streams, exit codes. The only module, with ``commands``, that meets them.

No arguments: the function. A file with a functionConfig: kustomize's legacy exec plugin. Anything else: a command for
people, which is imported only then, because the function is started anew for every build.
"""

from __future__ import annotations

import os
import sys

from krm_fn import report

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

    from krm_fn.krm.outcome import Outcome
    from krm_fn.krm.source import InputError

PLUGIN_CONFIG = "KUSTOMIZE_PLUGIN_CONFIG_STRING"
DEBUG = "KRM_FN_DEBUG"
COMPLETE = "_KRM_FN_COMPLETE"  # set by shells that ask which words fit (click's name for it), without any arguments
CONFIG_KINDS = ([("fn.kuma.io/v1alpha1", "MeshSetup")], [("v1", "ConfigMap")])
CONFIG_MARKS = (b"MeshSetup", b"ConfigMap")
UNREADABLE, BUG, INTERRUPTED = 2, 3, 130

USAGE = """\
krm-fn: there is nothing on standard input.
krm-fn is a KRM function: it reads a ResourceList on standard input and writes one to standard output.

  kpt fn eval DIR --exec krm-fn        run it over a package in place
  kpt fn source DIR | krm-fn           look at what it would do
  kustomize build --enable-alpha-plugins --enable-exec DIR

`krm-fn --help` lists the commands for people.
"""


def run(arguments: Sequence[str]) -> int:
    """Run the command line and return the exit code."""
    try:
        if not arguments and COMPLETE not in os.environ:
            return _function()
        config = _plugin_config(arguments[0]) if arguments else None
        if config is not None:
            return _plugin(config)
        from krm_fn.commands import main

        return main(arguments)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return _lost("standard output was closed before everything was written")
    except OSError as error:
        return _lost(str(error))
    except Exception as error:
        return _bug(error)


def _function() -> int:
    """ResourceList in, ResourceList out."""
    raw = _stdin()
    if not raw.strip():
        _say(USAGE)
        return UNREADABLE
    from krm_fn.function import transform
    from krm_fn.krm.source import InputError

    try:
        text, bom = _decoded(raw)
        transformed = transform(text)
        answer = bom + transformed.text.encode()
    except InputError as error:
        return _unreadable(error)
    except Exception as error:
        _write(raw)  # a bug of ours must not lose what came in
        return _bug(error)
    _write(answer)
    _tell(transformed.outcome, text)
    return transformed.outcome.exit_code


def _plugin_config(first: str) -> bytes | None:
    """The functionConfig, if the first argument is its file: so kustomize calls its legacy exec plugins."""
    if first.startswith("-") or not os.path.isfile(first):
        return None
    with open(first, "rb") as file:
        config = file.read()
    return config if PLUGIN_CONFIG in os.environ or _holds_config(config) else None


def _holds_config(raw: bytes) -> bool:
    """Whether a file is a functionConfig, and not just named like a command."""
    if not any(mark in raw for mark in CONFIG_MARKS):
        return False
    from krm_fn.krm.documents import Documents
    from krm_fn.krm.source import InputError

    try:
        entries = Documents(_decoded(raw)[0]).entries
    except InputError:
        return False
    identities = [(entry.get("apiVersion"), entry.get("kind")) for entry in entries if isinstance(entry, dict)]
    return identities in CONFIG_KINDS


def _plugin(raw_config: bytes) -> int:
    """Documents in, documents out."""
    from krm_fn.function import run as transform_package
    from krm_fn.krm.documents import Documents
    from krm_fn.krm.source import InputError
    from krm_fn.yamltext.scalars import KYAML

    raw = _stdin()
    try:
        config = Documents(_decoded(raw_config)[0], KYAML)
        configs = [entry for entry in config.entries if entry is not None]
        text, bom = _decoded(raw)
        source = Documents(text, KYAML)
        duplicates = [duplicate for _, duplicate in config.duplicates]
        outcome = transform_package(source, configs[0] if configs else None, duplicates)
    except InputError as error:
        return _unreadable(error)
    _write(bom + source.rebuild(outcome.changed, outcome.removed, outcome.added).encode())
    _tell(outcome, text)
    return outcome.exit_code


def _stdin() -> bytes:
    """All of standard input; nothing if it is closed or a terminal, which would wait for someone to type."""
    return b"" if sys.stdin is None or sys.stdin.isatty() else sys.stdin.buffer.read()


def _decoded(raw: bytes) -> tuple[str, bytes]:
    """The text of UTF-8 bytes without its byte order mark, and the mark; raises InputError for other encodings."""
    from krm_fn.krm.source import InputError

    bom = b"\xef\xbb\xbf"
    mark, body = (bom, raw[3:]) if raw.startswith(bom) else (b"", raw)
    try:
        return body.decode(), mark
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        found = "UTF-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else f"byte 0x{body[error.start]:02x}"
        raise InputError(
            f"the input is not UTF-8 ({found}): convert it, kustomize and kpt read UTF-8 only", line
        ) from None


def _write(data: bytes) -> None:
    """Write the whole answer at once and make sure that it went out."""
    if sys.stdout is None:
        raise BrokenPipeError
    out = sys.stdout.buffer
    out.write(data)
    out.flush()


def _say(text: str) -> None:
    """Write to stderr, if anyone listens: what was decided does not depend on it."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        _discard(sys.stderr)


def _lost(message: str) -> int:
    """Say why reading or writing failed."""
    if sys.stdout is not None:
        _discard(sys.stdout)
    _say(f"{report.PROGRAM}: {message}\n")
    return UNREADABLE


def _discard(stream: TextIO) -> None:
    """Send the rest of a stream nowhere: Python would try it once more when it ends, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _tell(outcome: Outcome, text: str) -> None:
    """Say results and summary on stderr; kpt prints results itself, so there only errors are repeated."""
    level = "error" if _under_kpt(text) else "warning"
    said = [*report.lines(report.at_least(outcome.results, level)), report.summary_line(outcome)]
    _say("".join(f"{line}\n" for line in said))


def _under_kpt(text: str) -> bool:
    """kpt render and eval track items by path and id; kustomize has its own id, `kpt fn source` has none."""
    return (
        "config.k8s.io/id:" in text
        and "internal.config.kubernetes.io/path:" in text
        and "kustomize.config.k8s.io/id:" not in text
    )


def _unreadable(error: InputError) -> int:
    _say("".join(f"{report.PROGRAM}: {line}\n" for line in str(error).splitlines()))
    return UNREADABLE


def _bug(error: Exception) -> int:
    """One line that asks for a report; the traceback only for those who ask for it."""
    if os.environ.get(DEBUG) == "1":
        import traceback

        _say("".join(traceback.format_exception(error)))
    _say(
        f"{report.PROGRAM}: this is a bug in krm-fn: {type(error).__name__}: {report.shown(str(error))}. "
        f"Nothing was changed. Please report it with the input; {DEBUG}=1 shows the traceback.\n"
    )
    return BUG
