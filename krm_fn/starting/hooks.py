"""The lines by which kustomize and kpt come to run krm-fn, and how they get into files that exist already."""

from __future__ import annotations

from pathlib import Path

from krm_fn.files.kustomization import kustomization_in
from krm_fn.krm.documents import Documents
from krm_fn.krm.fields import as_list, as_map, dig
from krm_fn.record import Record
from krm_fn.yamltext.patch import patch
from krm_fn.yamltext.scalars import KYAML
from krm_fn.yamltext.write import block

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

KPTFILE = "Kptfile"
PROGRAM = "krm-fn"


class Runner(Record):
    """How krm-fn is started: as a program, or (with an image) as a container."""

    image: str = ""

    @property
    def function(self) -> dict[str, Any]:
        """The value of kustomize's annotation ``config.kubernetes.io/function``."""
        return {"container": {"image": self.image}} if self.image else {"exec": {"path": PROGRAM}}

    @property
    def mutator(self) -> dict[str, str]:
        """The entry of a Kptfile's pipeline, without its configuration."""
        return {"image": self.image} if self.image else {"exec": PROGRAM}


class Hook(Record):
    """A file that has to name the functionConfig: its data, and what it would be."""

    path: Path
    before: dict[str, Any]
    after: dict[str, Any]
    lines: dict[str, Any]

    @property
    def is_needed(self) -> bool:
        """Whether the file does not name it yet."""
        return self.after != self.before

    @property
    def words(self) -> str:
        """The lines to add, as YAML."""
        return "".join(f"{line}\n" for line in block(self.lines))

    def text(self) -> bytes:
        """The file with the lines in it, nothing else changed; raises InputError and PatchError."""
        raw = self.path.read_bytes()
        bom = raw[: len(raw) - len(raw.removeprefix(b"\xef\xbb\xbf"))]
        documents = Documents(raw.removeprefix(bom).decode(), KYAML)
        entry = next(i for i, data in enumerate(documents.entries) if data is not None)
        text, column = documents.slice(entry)
        new = patch(text, documents.entries[entry], self.after, KYAML, column, documents.newline)
        return bom + documents.rebuild({entry: new}, (), ()).encode()


def hooks(directory: Path, config: str, runner: Runner) -> list[Hook]:
    """The files of a directory that have to name the functionConfig `config`; raises InputError for broken ones."""
    found = []
    kustomization = kustomization_in(directory)
    if kustomization is not None:
        found.append(_of_kustomization(kustomization, config))
    if (directory / KPTFILE).is_file():
        found.append(_of_kptfile(directory / KPTFILE, config, runner))
    return found


def _of_kustomization(path: Path, config: str) -> Hook:
    before = _read(path)
    listed = as_list(before.get("transformers"))
    after = before if config in listed else {**before, "transformers": [*listed, config]}
    return Hook(path, before, after, {"transformers": [config]})


def _of_kptfile(path: Path, config: str, runner: Runner) -> Hook:
    before = _read(path)
    mutators = as_list(dig(before, "pipeline", "mutators"))
    entry = {**runner.mutator, "configPath": config}
    after = before
    if not any(as_map(mutator).get("configPath") == config for mutator in mutators):
        after = {**before, "pipeline": {**as_map(before.get("pipeline")), "mutators": [*mutators, entry]}}
    return Hook(path, before, after, {"pipeline": {"mutators": [entry]}})


def _read(path: Path) -> dict[str, Any]:
    entries = Documents(path.read_bytes().decode("utf-8-sig"), KYAML).entries
    return as_map(next((entry for entry in entries if entry is not None), {}))
