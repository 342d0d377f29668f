"""krm_fn.plugin: the script that kustomize's legacy exec plugins are."""

from __future__ import annotations

import os
import subprocess
import sys
import zipapp
from pathlib import Path

import pytest

from krm_fn import plugin

PLACE = "fn.kuma.io/v1alpha1/meshsetup/MeshSetup"


@pytest.mark.parametrize(
    ("environ", "home"),
    [
        ({"KUSTOMIZE_PLUGIN_HOME": "/p", "XDG_CONFIG_HOME": "/x", "HOME": "/h"}, "/p"),
        ({"XDG_CONFIG_HOME": "/x", "HOME": "/h"}, "/x/kustomize/plugin"),
        ({"HOME": "/h"}, "/h/.config/kustomize/plugin"),
        ({"KUSTOMIZE_PLUGIN_HOME": "", "XDG_CONFIG_HOME": "", "HOME": "/h"}, "/h/.config/kustomize/plugin"),
    ],
)
def test_default_home_is_the_one_that_kustomize_takes(environ: dict[str, str], home: str) -> None:
    assert plugin.default_home(environ) == Path(home)


def test_install_makes_an_executable_at_the_place_of_the_kind(tmp_path: Path) -> None:
    program = plugin.install(tmp_path / "new" / "plugin")
    assert program == tmp_path / "new" / "plugin" / PLACE
    assert os.access(program, os.X_OK)
    assert sys.executable in program.read_text()


def test_the_script_passes_its_arguments_to_this_installation(tmp_path: Path) -> None:
    program = plugin.install(tmp_path)
    run = subprocess.run([program, "--help"], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert (run.returncode, run.stderr) == (0, "")
    assert "krm-fn" in run.stdout


def test_the_script_imports_nothing_from_where_it_is_started(tmp_path: Path) -> None:
    program = plugin.install(tmp_path / "plugin")
    for name in ("yaml", "krm_fn"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('imported from the package')\n")
    run = subprocess.run([program, "--help"], cwd=tmp_path, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    assert run.returncode == 0


def test_installing_again_changes_nothing(tmp_path: Path) -> None:
    first = plugin.install(tmp_path).read_bytes()
    program = plugin.install(tmp_path)
    assert program.read_bytes() == first
    assert [path.name for path in program.parent.iterdir()] == ["MeshSetup"]


def test_a_script_of_another_installation_is_replaced(tmp_path: Path) -> None:
    program = plugin.install(tmp_path)
    program.write_text(program.read_text().replace(sys.executable, "/gone/bin/python"))
    plugin.install(tmp_path)
    assert sys.executable in program.read_text()


@pytest.mark.parametrize("content", [b"#!/bin/sh\nexec something-else\n", b"", b"\x7fELF\xff\xfe"])
def test_a_file_of_someone_else_is_left_alone(tmp_path: Path, content: bytes) -> None:
    program = tmp_path / PLACE
    program.parent.mkdir(parents=True)
    program.write_bytes(content)
    with pytest.raises(FileExistsError, match="not a script that krm-fn wrote"):
        plugin.install(tmp_path)
    assert program.read_bytes() == content


@pytest.mark.parametrize("target", ["missing", "there"])
def test_a_link_is_left_alone(tmp_path: Path, target: str) -> None:
    (tmp_path / "there").write_text(plugin.MARK)
    program = tmp_path / PLACE
    program.parent.mkdir(parents=True)
    program.symlink_to(tmp_path / target)
    with pytest.raises(FileExistsError):
        plugin.install(tmp_path)
    assert program.is_symlink()


def test_a_directory_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / PLACE).mkdir(parents=True)
    with pytest.raises(FileExistsError):
        plugin.install(tmp_path)


def test_a_zip_archive_is_started_as_such(tmp_path: Path) -> None:
    package = tmp_path / "src" / "krm_fn"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "plugin.py").write_bytes(Path(plugin.__file__).read_bytes())
    main = "import sys, pathlib, krm_fn.plugin as p\nprint(p.install(pathlib.Path(sys.argv[1])))\n"
    (tmp_path / "src" / "__main__.py").write_text(main)
    archive = tmp_path / "krm-fn.pyz"
    zipapp.create_archive(tmp_path / "src", archive)
    run = subprocess.run([sys.executable, archive, tmp_path / "home"], capture_output=True, text=True, check=True)
    assert f"-P {archive} " in Path(run.stdout.strip()).read_text()
