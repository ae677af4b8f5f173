#!/usr/bin/env python3
"""Folds docs/changes/next/*.md into a new section of CHANGELOG.md and removes the fragments."""
import datetime
import pathlib
import sys

top = pathlib.Path(__file__).resolve().parent.parent


def main(version):
    fragments = sorted((top / "docs/changes/next").glob("*.md"))
    if not fragments:
        sys.exit("release: docs/changes/next has no fragment")
    lines = [f"## {version} ({datetime.date.today().isoformat()})", ""]
    for fragment in fragments:
        lines.append("- " + " ".join(fragment.read_text().split()))
    changelog = top / "CHANGELOG.md"
    head, _, rest = changelog.read_text().partition("\n## ")
    changelog.write_text(head.rstrip() + "\n\n" + "\n".join(lines) + "\n" + ("\n## " + rest if rest else ""))
    for fragment in fragments:
        fragment.unlink()


if __name__ == "__main__":
    main(sys.argv[1])
