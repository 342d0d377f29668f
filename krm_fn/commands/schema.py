"""``krm-fn schema``."""

from __future__ import annotations

import click

from krm_fn.commands.output import write_out
from krm_fn.config.load import schema_text


@click.command()
def schema() -> None:
    """Print the JSON Schema of the functionConfig (Draft 2020-12).

    \b
    Example: completion and checks in an editor
      krm-fn schema > meshsetup.schema.json
      # first line of the functionConfig:
      # yaml-language-server: $schema=meshsetup.schema.json
    """
    write_out(schema_text().encode())
