"""Fuzz the function: `python -m tests.fuzz.run`; FUZZ_SECONDS says how long (120), FUZZ_DIR where finds are kept.

With atheris the run is guided by coverage; without it, inputs are mutated blindly. Seeds are the corpus and fixtures/.
Inputs that break a law are written to FUZZ_DIR/broken, one for each place in the code, and the program exits with 1.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CORPUS = Path(__file__).resolve().parent / "corpus"
LONGEST = 12_000
SLOWEST = 5.0  # seconds of CPU time for one input
MEMORY = 2 * 1024**3
SECONDS = int(os.environ.get("FUZZ_SECONDS", "120"))


def seeds() -> list[bytes]:
    """The corpus, and the inputs and outputs of the fixtures as far as they are small."""
    paths = [*sorted(CORPUS.rglob("*.yaml")), *sorted(ROOT.glob("fixtures/**/*put.yaml"))]
    return [raw for path in paths if len(raw := path.read_bytes()) <= LONGEST]


def say(text: object) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


class Findings:
    """What broke a law so far: one input for each place in the code where it shows, the smallest one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sizes: dict[str, int] = {}
        self.reached: Counter[str] = Counter()

    def hold(self, raw: bytes) -> None:
        """Check one input; an exception is kept and does not end the run."""
        from tests.fuzz.oracles import check

        start = time.process_time()
        try:
            self.reached[check(raw)] += 1
            taken = time.process_time() - start
            if taken > SLOWEST:
                raise AssertionError(f"{taken:.1f} s for {len(raw)} bytes")
        except Exception as error:
            self.keep(raw, error)

    def keep(self, raw: bytes, error: Exception) -> None:
        ours = [frame for frame in traceback.extract_tb(error.__traceback__) if str(ROOT) in frame.filename]
        place = f"{type(error).__name__}-{Path(ours[-1].filename).stem}-{ours[-1].lineno}"
        if len(raw) < self.sizes.get(place, LONGEST + 1):
            self.sizes[place] = len(raw)
            (self.folder / f"{place}.yaml").write_bytes(raw)
            (self.folder / f"{place}.txt").write_text("".join(traceback.format_exception(error)), "utf-8")


def fuzz(folder: Path, seconds: int) -> None:
    """Run for some seconds in this process; atheris ends the process itself."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    findings = Findings(folder / "broken")
    known = seeds()
    if importlib.util.find_spec("atheris") is None:
        blindly(findings, known, seconds)
        say(dict(findings.reached))
        return
    guided(findings, known, folder, seconds)


def blindly(findings: Findings, known: list[bytes], seconds: int) -> None:
    from tests.fuzz.mutations import mutated

    rng = random.Random()
    end = time.monotonic() + seconds
    for raw in known:
        if time.monotonic() > end:
            return
        findings.hold(raw)
    while time.monotonic() < end:
        findings.hold(mutated(rng.choice(known), rng, known, LONGEST))


def guided(findings: Findings, known: list[bytes], folder: Path, seconds: int) -> None:
    """With libFuzzer; it gets the seeds as files, and half of its mutations are ours."""
    atheris = importlib.import_module("atheris")  # optional: not among the dependencies

    from tests.fuzz.mutations import mutated

    with atheris.instrument_imports(include=["krm_fn"], enable_loader_override=False):
        import krm_fn.function
        import krm_fn.krm.documents
        import krm_fn.uninject
        import krm_fn.yamltext.aliases
        import krm_fn.yamltext.roundtrip
        import krm_fn.yamltext.splice  # noqa: F401 -- imported here to be instrumented
    import tests.fuzz.oracles  # noqa: F401

    def mutate(raw: bytes, longest: int, seed: int) -> bytes:
        rng = random.Random(seed)
        if rng.random() < 0.3:
            return bytes(atheris.Mutate(raw, longest))
        return mutated(raw, rng, known, longest)

    corpus = folder / "corpus"
    corpus.mkdir(exist_ok=True)
    for raw in known:
        (corpus / hashlib.sha256(raw).hexdigest()[:16]).write_bytes(raw)
    options = [f"-max_total_time={seconds}", f"-max_len={LONGEST}", "-timeout=60", "-rss_limit_mb=2048"]
    options += [f"-artifact_prefix={folder / 'broken'}/libfuzzer-", "-print_final_stats=1", "-verbosity=1"]
    atheris.Setup([sys.argv[0], *options, str(corpus)], findings.hold, custom_mutator=mutate)
    atheris.Fuzz()


def main() -> int:
    folder = Path(os.environ.get("FUZZ_DIR") or tempfile.mkdtemp(prefix="krm-fn-fuzz-"))
    broken = folder / "broken"
    broken.mkdir(parents=True, exist_ok=True)
    if "--here" in sys.argv:
        fuzz(folder, SECONDS)
        return 0
    environment: dict[str, Any] = {**os.environ, "FUZZ_DIR": str(folder), "PYTHONHASHSEED": "0"}
    log = folder / "log.txt"
    with log.open("wb") as out:
        command = [sys.executable, "-m", "tests.fuzz.run", "--here"]
        code = subprocess.run(command, cwd=ROOT, env=environment, stdout=out, stderr=out, check=False).returncode
    said = log.read_text("utf-8", "replace").splitlines()
    say("\n".join(line for line in said if line.startswith(("stat::", "{", "Done")) or "cov:" in line)[-1500:])
    found = sorted(path for path in broken.iterdir() if path.suffix != ".txt")
    for path in found:
        reason = path.with_suffix(".txt")
        say(f"\n== {path} ({path.stat().st_size} bytes)")
        say(reason.read_text("utf-8")[-1500:] if reason.exists() else "libFuzzer stopped here")
    if code and not found:
        say("\n".join(said[-30:]))
    say(f"{len(found)} broken laws; kept in {folder}")
    return 1 if found or code else 0


if __name__ == "__main__":
    sys.exit(main())
