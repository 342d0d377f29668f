"""What commands say on stderr: the findings with their places, and one closing line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from krm_fn import report
from krm_fn.files.places import Places

if TYPE_CHECKING:
    from krm_fn.files.preview import Preview
    from krm_fn.krm.outcome import Result


def say(words: str) -> None:
    """One line of ours on stderr; what a terminal would obey in it (names of files, say) is escaped."""
    click.echo(f"{report.PROGRAM}: {report.shown(words)}", err=True)


def tell(found: Preview, closing: str = "") -> None:
    """Say warnings, errors and one closing line on stderr: `closing`, else the summary; with the configuration used."""
    tell_results(found)
    close(found, closing or report.summary_line(found.outcome).removeprefix(f"{report.PROGRAM}: "))


def close(found: Preview, words: str) -> None:
    """Say the closing line: what came of it, and the configuration used."""
    say(f"{words} ({configuration(found)})")


def tell_results(found: Preview) -> None:
    """Say warnings and errors, with their places."""
    results = report.at_least(found.outcome.results, "warning")
    places = Places(found.package, found.config.origin)
    seen: dict[str, int] = {}
    for result in results:
        seen[result.code] = seen.get(result.code, 0) + 1
        if seen[result.code] <= report.LINES_PER_CODE:
            click.echo(line(result, places), err=True)
    for code, number in seen.items():
        if number > report.LINES_PER_CODE:
            click.echo(f"{report.PROGRAM}: ... and {number - report.LINES_PER_CODE} more of [{code}]", err=True)


def configuration(found: Preview) -> str:
    """Which configuration counted, in words."""
    config = found.config
    return config.origin if config.data is None and config.path is None else f"configured by {config.origin}"


def line(result: Result, places: Places) -> str:
    """One finding as compilers say it: place, severity, resource, field, message, code."""
    place = str(places.of(result))
    start = f"{report.shown(place)}: " if place else ""
    return f"{start}{report.line(result).removeprefix(f'{report.PROGRAM}: ')}"
