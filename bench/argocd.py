"""What one render costs Argo CD's repo server: the plugin's commands on packages of 100, 1,000 and 10,000 resources.

python bench/argocd.py            all sizes
python bench/argocd.py 1000       that many resources

For each command of the plugin, as whole processes: the time on the clock, processor time and peak memory (medians).
Then how many renders a second fit when several run at once, as ``reposerver.parallelism.limit`` lets them. What the
plugin server does around it (copying the repository, its own memory) is not in the figures.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from packages import package

SIZES = (100, 1_000, 10_000)
RUNS = 5
AT_ONCE = (1, 2, 4)
MOST_FOR_KUSTOMIZE = 1_000  # its time grows with the square of the resources
PROGRAM = str(Path(sys.executable).with_name("krm-fn"))


def application(directory: Path, number: int) -> int:
    """Write a package as files, one for each namespace and each application in it; return how many files."""
    head, _, items = package(number).partition("items:\n")
    config = textwrap.dedent(head.partition("functionConfig:\n")[2])
    texts: dict[str, list[str]] = {}
    for item in ("\n" + items).split("\n- ")[1:]:
        text = "  " + item.rstrip("\n") + "\n"
        name = text.partition("config.kubernetes.io/path: '")[2].partition("'")[0]
        texts.setdefault(name, []).append(textwrap.dedent(text))
    for name, documents in texts.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text("---\n".join(documents))
    (directory / "krm-fn.yaml").write_text(config)
    return len(texts)


def environment() -> dict[str, str]:
    """What Argo CD sets, and byte code as an installation has it."""
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"ARGOCD_APP_NAME": "bench", "ARGOCD_APP_NAMESPACE": "bench"}


class Cost:
    """Seconds on the clock, seconds of processor time and megabytes of one process with its children."""

    def __init__(self, command: str, directory: Path) -> None:
        start = time.perf_counter()
        process = subprocess.Popen(
            [PROGRAM, "argocd", command],
            cwd=directory,
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"krm-fn argocd {command} failed with exit code {process.returncode}")
        self.clock = time.perf_counter() - start
        self.processor = usage.ru_utime + usage.ru_stime
        self.memory = usage.ru_maxrss / 1024


def show(label: str, command: str, directory: Path) -> None:
    """Print the medians of several runs; the first is not counted, it may have to write byte code."""
    Cost(command, directory)
    costs = [Cost(command, directory) for _ in range(RUNS)]
    clock, processor, memory = (
        statistics.median(getattr(cost, name) for cost in costs) for name in ("clock", "processor", "memory")
    )
    print(f"{label:34} {clock:8.2f} s {processor:8.2f} s {memory:8.0f} MB")


def renders_a_second(directory: Path, at_once: int) -> float:
    """How many renders end each second when that many run at a time."""
    command = [PROGRAM, "argocd", "generate"]
    rounds = 4 * max(AT_ONCE)
    start = time.perf_counter()
    running: list[subprocess.Popen[bytes]] = []
    for _ in range(rounds):
        if len(running) == at_once:
            running.pop(0).wait()
        quiet = subprocess.DEVNULL
        running.append(subprocess.Popen(command, cwd=directory, env=environment(), stdout=quiet, stderr=quiet))
    for process in running:
        process.wait()
    return rounds / (time.perf_counter() - start)


def with_kustomization(directory: Path) -> Path:
    """The same files as a kustomization."""
    names = sorted(str(path.relative_to(directory)) for path in directory.glob("teams/**/*.yaml"))
    lines = "".join(f"- {name}\n" for name in names)
    (directory / "kustomization.yaml").write_text(f"resources:\n{lines}")
    return directory


def main() -> None:
    """Measure each size in a directory of its own."""
    sizes = tuple(map(int, sys.argv[1:])) or SIZES
    has_kustomize = bool(shutil.which("kustomize") or shutil.which("kubectl"))
    print(f"{os.cpu_count()} processors, Python {sys.version.split()[0]}\n")
    print(f"{'':34} {'clock':>10} {'processor':>10} {'memory':>11}")
    for number in sizes:
        with tempfile.TemporaryDirectory() as name:
            directory = Path(name)
            files = application(directory, number)
            for command in ("discover", "generate", "parameters"):
                show(f"{number:,} in {files:,} files: {command}", command, directory)
            rates = ", ".join(f"{n} at once {renders_a_second(directory, n):.1f}" for n in AT_ONCE)
            print(f"{'':4}renders a second: {rates}")
            if has_kustomize and number <= MOST_FOR_KUSTOMIZE:
                show(f"{number:,} with kustomize: generate", "generate", with_kustomization(directory))


if __name__ == "__main__":
    main()
