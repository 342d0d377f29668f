"""krm_fn.files.find: which files a directory gives, and what is said of the others."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import pytest

from krm_fn.files.find import FileError, find


def tree(root: Path, *names: str) -> Path:
    """Files of these names, empty, and the directories that they need."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    return root


def found(root: Path) -> list[str]:
    return [path.relative_to(root).as_posix() for path in find(root).files]


def test_yaml_and_json_and_kptfiles_in_order_of_their_paths(tmp_path: Path) -> None:
    tree(tmp_path, "b/z.json", "b/a.yml", "a.yaml", "Kptfile", "README.md", "b.yaml", "c/d/e/f.yaml", "values.yaml.bak")
    assert found(tmp_path) == ["Kptfile", "a.yaml", "b/a.yml", "b/z.json", "b.yaml", "c/d/e/f.yaml"]


@pytest.mark.parametrize("name", [".git", ".hg", ".svn"])
def test_version_control_keeps_no_manifests(tmp_path: Path, name: str) -> None:
    tree(tmp_path, f"{name}/a.yaml", "b.yaml")
    assert found(tmp_path) == ["b.yaml"]


@pytest.mark.parametrize("ignore_file", [".gitignore", ".krmignore"])
@pytest.mark.parametrize(
    ("patterns", "left"),
    [
        ("", ["a.yaml", "sub/a.yaml", "sub/b.json", "sub/deep/a.yaml"]),
        ("a.yaml\n", ["sub/b.json"]),
        ("/a.yaml\n", ["sub/a.yaml", "sub/b.json", "sub/deep/a.yaml"]),
        ("/a.yaml\r\n", ["sub/a.yaml", "sub/b.json", "sub/deep/a.yaml"]),
        ("\ufeff/a.yaml\n", ["sub/a.yaml", "sub/b.json", "sub/deep/a.yaml"]),
        ("sub/\n", ["a.yaml"]),
        ("sub/deep\n", ["a.yaml", "sub/a.yaml", "sub/b.json"]),
        ("*.json\n!b.json\n", ["a.yaml", "sub/a.yaml", "sub/b.json", "sub/deep/a.yaml"]),
        ("sub/\n!sub/a.yaml\n", ["a.yaml"]),  # git looks into no directory that is left out
        ("# a.yaml\n\n", ["a.yaml", "sub/a.yaml", "sub/b.json", "sub/deep/a.yaml"]),
        ("**/deep/**\n", ["a.yaml", "sub/a.yaml", "sub/b.json"]),
        ("/\n!\n/a.yaml\n", ["sub/a.yaml", "sub/b.json", "sub/deep/a.yaml"]),  # lines that mean nothing
    ],
)
def test_ignore_files(tmp_path: Path, ignore_file: str, patterns: str, left: list[str]) -> None:
    tree(tmp_path, "a.yaml", "sub/a.yaml", "sub/b.json", "sub/deep/a.yaml")
    (tmp_path / ignore_file).write_bytes(patterns.encode())
    assert found(tmp_path) == left


def test_ignore_files_mean_what_git_reads_in_them(tmp_path: Path) -> None:
    names = ["a.yaml", "x/a.yaml", "x/b.yaml", "x/y/c.yaml", "x/y/b.yaml", "z/keep.yaml", "z/w.yaml", "gen-1.yaml"]
    tree(tmp_path, *names)
    (tmp_path / ".gitignore").write_text("gen-*\nz/*\n!z/keep.yaml\nx/**/b.yaml\n")
    (tmp_path / "x" / ".gitignore").write_text("!b.yaml\n/y/c.yaml\n")
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    listed = subprocess.run(
        ["git", "-C", str(tmp_path), "ls-files", "-co", "--exclude-standard", "*.yaml"],
        capture_output=True,
        check=True,
        text=True,
    )
    assert sorted(found(tmp_path)) == sorted(listed.stdout.split())


def test_a_nested_ignore_file_has_the_last_word(tmp_path: Path) -> None:
    tree(tmp_path, "a.yaml", "sub/a.yaml", "sub/b.yaml")
    (tmp_path / ".krmignore").write_text("*.yaml\n")
    (tmp_path / "sub" / ".krmignore").write_text("!a.yaml\n")
    assert found(tmp_path) == ["sub/a.yaml"]


def test_ignore_files_above_count_up_to_the_top_of_the_repository(tmp_path: Path) -> None:
    tree(tmp_path, "repo/apps/a.yaml", "repo/apps/b.yaml", "repo/.git/HEAD")
    (tmp_path / "repo" / ".gitignore").write_text("a.yaml\n")
    (tmp_path / ".gitignore").write_text("b.yaml\n")
    assert found(tmp_path / "repo" / "apps") == ["b.yaml"]


def test_a_directory_that_is_named_counts_though_it_is_ignored(tmp_path: Path) -> None:
    tree(tmp_path, "rendered/a.yaml", ".git/HEAD")
    (tmp_path / ".gitignore").write_text("rendered/\n")
    assert found(tmp_path) == []
    assert find(tmp_path).ignored == 1
    assert found(tmp_path / "rendered") == ["a.yaml"]


@pytest.mark.parametrize("directory", ["templates", "charts"])
def test_what_a_helm_chart_holds_is_left_out_with_a_word(tmp_path: Path, directory: str) -> None:
    tree(tmp_path, "chart/Chart.yaml", f"chart/{directory}/a.yaml", "chart/values.yaml", f"{directory}/b.yaml")
    assert found(tmp_path) == ["chart/Chart.yaml", "chart/values.yaml", f"{directory}/b.yaml"]
    (note,) = find(tmp_path).notes
    assert note.startswith(str(tmp_path / "chart" / directory))
    assert "render the chart first" in note


def test_what_is_no_ordinary_file_is_passed_over(tmp_path: Path) -> None:
    tree(tmp_path, "a.yaml")
    os.mkfifo(tmp_path / "pipe.yaml")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket.yaml"))
        assert found(tmp_path) == ["a.yaml"]


def test_links_inside_are_not_followed(tmp_path: Path) -> None:
    tree(tmp_path, "a.yaml", "d/b.yaml")
    (tmp_path / "link.yaml").symlink_to("a.yaml")
    (tmp_path / "also").symlink_to("d")
    (tmp_path / "d" / "loop").symlink_to("..")
    assert found(tmp_path) == ["a.yaml", "d/b.yaml"]
    assert sorted(note.rpartition(": ")[2] for note in find(tmp_path).notes) == [
        "a symbolic link inside the package is not followed",
        "a symbolic link to a directory is not followed",
        "a symbolic link to a directory is not followed",
    ]


def test_a_link_out_of_the_package_is_refused(tmp_path: Path) -> None:
    tree(tmp_path, "secret.yaml", "package/a.yaml")
    (tmp_path / "package" / "link.yaml").symlink_to("../secret.yaml")
    with pytest.raises(FileError, match=r"link\.yaml is a symbolic link to .*secret\.yaml, out of the package"):
        find(tmp_path / "package")
    (tmp_path / "package" / ".krmignore").write_text("link.yaml\n")
    assert found(tmp_path / "package") == ["a.yaml"]


@pytest.mark.parametrize("target", ["nowhere.yaml", "../nowhere.yaml", "link.yaml"])
def test_a_link_to_nothing_is_left_out_with_a_word(tmp_path: Path, target: str) -> None:
    tree(tmp_path, "a.yaml")
    (tmp_path / "link.yaml").symlink_to(target)
    (tmp_path / "no-manifest").symlink_to(target)
    assert found(tmp_path) == ["a.yaml"]
    assert [note.rpartition(": ")[2] for note in find(tmp_path).notes] == [
        "a symbolic link that leads nowhere is left out"
    ]


def test_a_directory_named_through_a_link_is_followed(tmp_path: Path) -> None:
    tree(tmp_path, "real/a.yaml", "real/sub/b.yaml")
    (tmp_path / "link").symlink_to("real")
    assert found(tmp_path / "link") == ["a.yaml", "sub/b.yaml"]


def test_odd_names(tmp_path: Path) -> None:
    names = ["a b.yaml", "new\nline.yaml", "größe.yaml", "-.yaml", "[x].yaml"]
    tree(tmp_path, *names)
    path = os.fsencode(tmp_path) + b"/not-utf-8-\xff.yaml"
    with open(path, "wb"):
        pass
    (tmp_path / ".gitignore").write_text("nothing\n")
    assert sorted(found(tmp_path)) == sorted([*names, "not-utf-8-\udcff.yaml"])


def test_a_deep_tree(tmp_path: Path) -> None:
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(1010):  # deeper than Python would recurse
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open("a.yaml", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)
    try:
        assert len(find(tmp_path).files) == 1
    finally:  # pytest would recurse to clean up
        subprocess.run(["rm", "-r", str(tmp_path / "d")], check=True)


def test_a_directory_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree(tmp_path, "a.yaml", "closed/b.yaml")
    scandir = os.scandir

    def refusing(path: Path) -> os._ScandirIterator[str]:  # the superuser may read everything
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    with pytest.raises(FileError, match=r"closed cannot be read: Permission denied; list it in \.krmignore"):
        find(tmp_path)
    (tmp_path / ".krmignore").write_text("closed/\n")
    assert found(tmp_path) == ["a.yaml"]
