"""Write krm_fn/formats/explanations.json from docs/results.md, so that reports explain a code as the page does.

python docs/generate_explanations.py           write the file
python docs/generate_explanations.py --check   exit 1 if the file is not what would be written
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

PAGE = Path(__file__).with_name("results.md")
FILE = Path(__file__).resolve().parent.parent / "krm_fn" / "formats" / "explanations.json"


def explanations() -> str:
    """The text of the file: the paragraphs under each code's heading, with links as plain words."""
    found = {}
    for section in re.split(r"^### ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        code, _, text = section.partition("\n")
        body = text.partition("\n## ")[0].strip()
        found[code.strip()] = re.sub(r"\[([^\]]+)\]\([^)\s]+\)", r"\1", body)
    return json.dumps(found, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    """Write the file, or compare."""
    wanted = explanations()
    if "--check" in arguments:
        return int(not FILE.is_file() or FILE.read_text(encoding="utf-8") != wanted)
    FILE.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
