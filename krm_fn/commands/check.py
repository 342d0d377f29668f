"""``krm-fn check``."""

from __future__ import annotations

from pathlib import Path

import click

from krm_fn.commands.findings import findings_of, names_of_files, number_of_objects
from krm_fn.commands.options import package_options, previewed, spare
from krm_fn.commands.output import color_option, is_colored, write_out
from krm_fn.commands.telling import close, say
from krm_fn.files.package import STDIN
from krm_fn.files.write import write_all
from krm_fn.formats import FORMATS, text
from krm_fn.formats.explanations import texts
from krm_fn.formats.finding import Report
from krm_fn.krm.outcome import ERROR, INFO, SEVERITIES, WARNING
from krm_fn.suppressions import Suppression, nearest

FAILING = {"error": frozenset({ERROR}), "warning": frozenset({ERROR, WARNING}), "never": frozenset[str]()}


def _reports(_context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> dict[Path, str]:
    """The format of each file that --report names."""
    reports: dict[Path, str] = {}
    for value in values:
        name, _, file = value.partition("=")
        if name not in FORMATS or file in ("", STDIN):
            raise click.BadParameter(f"{value!r} is not FORMAT=FILE with one of the formats {', '.join(FORMATS)}")
        if Path(file) in reports:
            raise click.BadParameter(f"two reports are to go to {file}")
        reports[Path(file)] = name
    return reports


def _ignores(_context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> list[Suppression]:
    """The suppressions that --ignore names."""
    found = []
    for value in values:
        code, equals, pattern = value.partition("=")
        if code not in texts():
            raise click.BadParameter(f"there is no code {code!r}{nearest(code, texts())}")
        if equals and "/" not in pattern:
            raise click.BadParameter(
                f"{pattern!r} names no object: write {code}=Kind/name or {code}=Kind/name.namespace"
            )
        words = f"--ignore {value}"
        found.append(Suppression((code,), words, pattern=pattern, words=words))
    return found


@click.command()
@package_options
@click.option(
    "-f",
    "--format",
    "format_",
    type=click.Choice(list(FORMATS)),
    default="text",
    show_default=True,
    help="What stdout gets. text: a line a finding, for people and editors.",
)
@click.option(
    "-r",
    "--report",
    "reports",
    multiple=True,
    metavar="FORMAT=FILE",
    callback=_reports,
    help="Also write a report to a file, findings or not; may be repeated.",
)
@click.option(
    "--fail-on",
    type=click.Choice(list(FAILING)),
    default="error",
    show_default=True,
    help="From which severity on the exit code is 1.",
)
@click.option(
    "--min-severity",
    type=click.Choice(SEVERITIES),
    default="warning",
    show_default=True,
    help="The least severity to report. info: every decision, too.",
)
@click.option(
    "-S",
    "--ignore",
    "ignores",
    multiple=True,
    metavar="CODE[=KIND/NAME]",
    callback=_ignores,
    help="Accept findings of a code; of some objects only, with a glob over Kind/name or Kind/name.namespace. "
    "May be repeated.",
)
@click.option(
    "--require-applied",
    is_flag=True,
    help="Each Namespace, Service and workload must bear the mark that spec.markApplied makes the function leave: "
    "tells a build that skipped the function.",
)
@click.option("--fail-if-empty", is_flag=True, help="Exit with 1 if there is no object to check.")
@color_option
def check(
    paths: tuple[str, ...],
    config: Path | None,
    kustomize: Path | None,
    kustomize_args: tuple[str, ...],
    format_: str,
    reports: dict[Path, str],
    fail_on: str,
    min_severity: str,
    ignores: list[Suppression],
    require_applied: bool,
    fail_if_empty: bool,
    color: str,
) -> int:
    """Report what would not work, and change nothing.

    PATHs are YAML and JSON files, directories (recursively, less what .krmignore and .gitignore leave out), or - for
    standard input; default: the current directory. A finding is accepted where an object or its pod template has the
    annotation fn.kuma.io/ignore: "code: reason", or with --ignore.

    Exit codes: 0 fine, also with warnings; 1 errors (see --fail-on); 2 unreadable or wrong usage.

    \b
    Examples:
      krm-fn check apps/
      krm-fn check --format github --report sarif=krm-fn.sarif --report junit=krm-fn.xml .
      kustomize build overlays/prod | krm-fn check -c mesh-setup.yaml -
      krm-fn check --require-applied --fail-if-empty -c mesh-setup.yaml manifests.yaml
      krm-fn check --ignore 'host-network=DaemonSet/*.monitoring' .
    """
    if min_severity == "error" and fail_on == "warning":
        raise click.UsageError("--fail-on warning with --min-severity error would fail for what is not shown")
    told = INFO if min_severity == INFO else ""
    found = previewed(paths, config, kustomize, kustomize_args, told)
    spare(found, reports, "--report")
    findings = findings_of(found, ignores, require_applied, bool(told), kustomize)
    objects = number_of_objects(found)
    everything = Report(tuple(findings), names_of_files(found), objects, found.config.origin, FAILING[fail_on])
    report = everything.at_least(min_severity)
    write_all({path: _encoded(FORMATS[name](report)) for path, name in reports.items()})
    write = FORMATS[format_]
    if write is text.written and is_colored(color):
        write = text.coloured
    write_out(_encoded(write(report)))
    close(found, everything.summary)
    if fail_if_empty and not report.objects:
        say("there is no object to check (--fail-if-empty)")
        return 1
    return int(any(report.number(severity) for severity in report.failing))


def _encoded(report: str) -> bytes:
    """Names of files that are not UTF-8 leave as escapes."""
    return report.encode("utf-8", "backslashreplace")
