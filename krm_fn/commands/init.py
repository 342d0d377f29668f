"""``krm-fn init``."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from krm_fn.commands.options import built
from krm_fn.commands.output import write_out
from krm_fn.commands.progress import progress
from krm_fn.commands.telling import say
from krm_fn.config.meshsetup import API_VERSION, KIND
from krm_fn.files.configfile import CONFIG_NAME
from krm_fn.files.find import FileError
from krm_fn.files.kustomization import kustomization_in
from krm_fn.files.package import STDIN, read_package
from krm_fn.files.write import write_all
from krm_fn.krm.fields import as_map
from krm_fn.krm.source import InputError
from krm_fn.report import plural, shown
from krm_fn.starting.draft import draft
from krm_fn.starting.hooks import Runner, hooks
from krm_fn.starting.survey import survey
from krm_fn.yamltext.patch import PatchError

if TYPE_CHECKING:
    from krm_fn.files.package import Package
    from krm_fn.starting.hooks import Hook
    from krm_fn.starting.survey import Survey

IMAGE = "localhost/krm-fn:latest"
ALREADY = 1


@click.command()
@click.argument(
    "directory", metavar="[PATH]", default=".", type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    default=CONFIG_NAME,
    show_default=True,
    help="The file to write, below PATH; - is standard output. The other commands find krm-fn.yaml by themselves.",
)
@click.option(
    "-w", "--write", is_flag=True, help="Also add krm-fn to kustomization.yaml and Kptfile, where there are any."
)
@click.option(
    "--run",
    type=click.Choice(["exec", "container"]),
    default="exec",
    show_default=True,
    help="How kustomize or kpt shall start krm-fn: as a program on the PATH, or as a container.",
)
@click.option("--image", default=IMAGE, show_default=True, help="The image for --run container.")
@click.option("-f", "--force", is_flag=True, help="Overwrite a functionConfig that is there already.")
@click.option("--dry-run", is_flag=True, help="Write nothing: print the functionConfig.")
def init(directory: Path, output: str, write: bool, run: str, image: str, force: bool, dry_run: bool) -> int:
    """Write a first functionConfig for the package in PATH (default: the current directory).

    Reads the manifests and asks nothing: which namespaces and workloads are in a mesh, which gateways there are and
    which Service names them, whether sidecars are written already, and the Kuma version and zone where images, charts
    or labels tell. Each setting comes with a line on why it is there; what only you can know stands there as a comment.
    Then it says which lines kustomization.yaml or Kptfile need, or adds them (--write) and touches nothing else.

    Exit codes: 0 fine; 1 there is a functionConfig already, nothing was written; 2 unreadable.

    \b
    Examples:
      krm-fn init
      krm-fn init --dry-run apps/shop
      krm-fn init --write overlays/prod
      krm-fn init --write --run container --image registry.example.com/krm-fn:1.0 .
    """
    runner = Runner(image if run == "container" else "")
    to_stdout = dry_run or output == STDIN
    name = CONFIG_NAME if output == STDIN else output
    target = directory / name
    keep = write and not force and target.exists() and not to_stdout  # a second call that only adds the lines
    package = _package(directory)
    for note in package.notes:
        say(note)
    if not force and not keep and not to_stdout:
        there = _existing(target, package)
        if there:
            say(f"{there} is a functionConfig already; --force writes {target} nevertheless")
            return ALREADY
    found = survey([entry for entry in package.entries if not _is_setup(entry)])
    text = draft(found, runner.function if kustomization_in(directory) else None).encode()
    needed = _needed(directory, name, runner)
    if to_stdout:
        write_out(text)
    else:
        _write(target, None if keep else text, needed if write else [])
    _summarise(found)
    _advise(directory, needed, write and not to_stdout, to_stdout)
    return 0


def _package(directory: Path) -> Package:
    """What kustomize makes of the directory, where it can; else the files in it."""
    if kustomization_in(directory) is not None:
        try:
            return built(directory)[0]
        except FileError as error:
            say(f"kustomize cannot build it, so its files are read one by one: {_reason(error)}")
    with progress("reading"):
        return read_package([str(directory)])


def _reason(error: FileError) -> str:
    """What kustomize said, on one line."""
    return " ".join(str(error).split("\n", 1)[-1].split())


def _existing(target: Path, package: Package) -> str:
    """The functionConfig that would be overwritten, or would no longer count."""
    if target.exists():
        return str(target)
    return next((package.file_at(i).name for i, entry in enumerate(package.entries) if _is_setup(entry)), "")


def _is_setup(entry: object) -> bool:
    return (as_map(entry).get("apiVersion"), as_map(entry).get("kind")) == (API_VERSION, KIND)


def _needed(directory: Path, name: str, runner: Runner) -> list[Hook]:
    try:
        return [hook for hook in hooks(directory, name, runner) if hook.is_needed]
    except (InputError, UnicodeDecodeError) as error:
        raise FileError(f"kustomization or Kptfile of {directory}: {error}") from None


def _write(target: Path, text: bytes | None, needed: list[Hook]) -> None:
    """Write the functionConfig (None: it stays) and the lines that others need, all or nothing."""
    texts: dict[Path, bytes | None] = {} if text is None else {target: text}
    try:
        texts |= {hook.path: hook.text() for hook in needed}
    except PatchError as error:
        raise FileError(f"{error}: add the lines by hand; nothing was written") from None
    write_all(texts)
    for path in texts:
        say(f"wrote {path}")


def _advise(directory: Path, needed: list[Hook], is_done: bool, to_stderr: bool) -> None:
    """Print the lines that are to be added, and what to do next."""
    for hook in needed if not is_done else []:
        click.echo(
            f"# to be added to {shown(str(hook.path))} (--write does it):\n{hook.words}", nl=False, err=to_stderr
        )
    if not to_stderr:
        option = "-k " if kustomization_in(directory) is not None else ""
        say(f"see what it does: krm-fn render {option}{shlex.quote(str(directory))}")


def _summarise(found: Survey) -> None:
    for gateway in found.gateways:
        if gateway.is_sure:
            say(f"{gateway.item.words} is a gateway ({gateway.why})")
    say(f"{plural(found.workloads, 'workload')}, {len(found.in_mesh)} of them in a mesh by their labels")
