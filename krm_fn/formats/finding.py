"""What a report says: findings with their places, and what was looked at."""

from __future__ import annotations

from krm_fn.krm.outcome import ERROR, SEVERITIES
from krm_fn.record import Record
from krm_fn.report import plural, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from krm_fn.files.places import Place
    from krm_fn.krm.outcome import Result
    from krm_fn.suppressions import Suppression


class Finding(Record):
    """A result and where it points.

    `place` is for people; `path` the file for programs, from the current directory and with slashes, empty where the
    place is no file (standard input). `suppressed` is the suppression that accepts it, None if none does.
    """

    result: Result
    place: Place
    path: str = ""
    suppressed: Suppression | None = None

    @property
    def counts(self) -> bool:
        """Whether it is still to be mended: nobody accepted it."""
        return self.suppressed is None

    @property
    def words(self) -> str:
        """Resource, field and message, as far as they are there; not yet fit for a terminal."""
        return f"{self._subject}{self.result.message}"

    @property
    def printable(self) -> str:
        """The same, fit for terminals and the logs of builds: nothing out of a manifest begins a line.

        GitHub reads a line that begins with ``::``, also behind blanks, as a command.
        """
        return shown(self._subject) + "\n  | ".join(shown(line) for line in self.result.message.split("\n"))

    @property
    def _subject(self) -> str:
        item, field = self.result.item, self.result.field
        return "".join([f"{item.words}: " if item else "", f"{field}: " if field else ""])


class Report(Record):
    """Everything that a report may tell: findings in the order of files and lines, and what was looked at.

    `files` are the names of all files that were read, `config` says which configuration counted, `failing` holds the
    severities that make a build fail.
    """

    findings: tuple[Finding, ...]
    files: tuple[str, ...]
    objects: int
    config: str
    failing: frozenset[str] = frozenset({ERROR})

    def number(self, severity: str) -> int:
        """How many findings of a severity nobody accepted."""
        return sum(finding.counts and finding.result.severity == severity for finding in self.findings)

    def at_least(self, severity: str) -> Report:
        """The report of the findings of a severity and the worse ones."""
        ranks = SEVERITIES[: SEVERITIES.index(severity) + 1]
        return self.replace(findings=tuple(finding for finding in self.findings if finding.result.severity in ranks))

    @property
    def suppressed(self) -> int:
        """How many findings were accepted."""
        return sum(not finding.counts for finding in self.findings)

    @property
    def summary(self) -> str:
        """What was looked at and what was found, in one line."""
        parts = [plural(self.number(severity), severity) for severity in SEVERITIES]
        found = [part for part in parts if not part.startswith("0 ")] or ["no findings"]
        if self.suppressed:
            found.append(f"{self.suppressed} suppressed")
        looked_at = f"{plural(self.objects, 'object')} in {plural(len(self.files), 'file')}"
        return f"{looked_at}, {', '.join(found)}"


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Sort findings by file (in the order in which files appear), line and column."""
    findings = list(findings)
    files: dict[str, int] = {}
    for finding in findings:
        files.setdefault(finding.place.file, len(files))
    return sorted(findings, key=lambda each: (files[each.place.file], each.place.line, each.place.column))
