"""Reports of findings, one module a format. `FORMATS` holds the function that writes each, by its name."""

from __future__ import annotations

from krm_fn.formats import github, json, junit, sarif, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from krm_fn.formats.finding import Report

FORMATS: dict[str, Callable[[Report], str]] = {
    "text": text.written,
    "json": json.written,
    "sarif": sarif.written,
    "junit": junit.written,
    "github": github.written,
}
