"""The command blocks of the documentation that need kustomize, kubectl, kpt or the container image."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.docs.blocks import SHELL, all_blocks
from tests.docs.running import IMAGE, environ, make_place, needs, needs_image, run
from tests.e2e.clients import Clients, missing

RUN = [block for block in all_blocks(*SHELL) if "not run" not in block.remarks]
PAGES = sorted({block.page for block in RUN if needs(block)})

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_commands_do_what_the_page_says(page: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """All blocks in order, also those that need no client: one may need what another wrote."""
    settings = environ()
    blocks = [block for block in RUN if block.page == page]
    absent = {
        client for client in set().union(*map(needs, blocks)) if shutil.which(client, path=settings["PATH"]) is None
    }
    here = [block for block in blocks if not needs(block) & absent]
    image = IMAGE
    if any(map(needs_image, here)):
        image = request.getfixturevalue("image")
        clients: Clients = request.getfixturevalue("container_clients")
        settings |= {name: clients.environ[name] for name in ("PATH", "KPT_FN_RUNTIME") if name in clients.environ}
        here = [block._replace(text=block.text.replace(IMAGE, image)) for block in here]
    run(here, make_place(tmp_path / "place", image), settings)
    if absent:
        missing(f"no {' and no '.join(sorted(absent))} in PATH")
