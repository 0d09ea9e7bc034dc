"""Known weaknesses and the licences of the locked packages. Warns, and fails nothing: the data base may be out of reach, and what it
says is for people to weigh. `make audit` runs it in an environment of its own, which tools/audit/requirements.lock holds.

    .venv-audit/bin/python tools/audit.py PYTHON_OF_THE_PROJECT
"""

import collections
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOCKS = (ROOT / "requirements.lock", ROOT / "training" / "requirements.lock")
BIN = Path(sys.executable).parent
SECONDS = 120  # for the data base; then it counts as out of reach
# Licences that ask more of who passes a package on than naming its authors. `OR` leaves a choice, so it is looked at apart.
ASKING = re.compile(r"\bA?GPL|\bLGPL|SSPL|EUPL|CC-BY-(?:NC|SA|ND)|[Pp]roprietary|^UNKNOWN$|^$")


def warn(text: str) -> None:
    print(f"WARNING: {text}")


def audit(lock: Path) -> list[dict[str, object]] | None:
    """What pip-audit says of each package of a lock; None where its data base cannot be reached."""
    command = [BIN / "pip-audit", "--format", "json", "--progress-spinner", "off", "--timeout", "10"]
    command += ["--disable-pip", "--no-deps", "--require-hashes", "-r", lock]
    try:
        done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=SECONDS, check=False)
        return list(json.loads(done.stdout)["dependencies"])
    except (subprocess.TimeoutExpired, OSError, ValueError, LookupError):
        return None


def probe() -> bool:
    """Whether the data base knows a package that it must know: some mirrors have packages and no advisories."""
    lines = LOCKS[0].read_text(encoding="utf-8").splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("numpy=="))
    end = next((i for i in range(start + 1, len(lines)) if not lines[i].startswith(" ")), len(lines))
    with tempfile.TemporaryDirectory() as folder:
        one = Path(folder) / "one.lock"
        one.write_text("\n".join(lines[start:end]) + "\n", encoding="utf-8")
        found = audit(one)
    return bool(found) and "skip_reason" not in found[0]


def tell_weaknesses() -> None:
    if not probe():
        warn("the data base of weaknesses cannot be reached from here, so the locked packages were not looked up in it")
        return
    for lock in LOCKS:
        found = audit(lock)
        name = lock.relative_to(ROOT)
        if found is None:
            warn(f"{name}: the data base did not answer in {SECONDS} s")
            continue
        skipped = [row["name"] for row in found if "skip_reason" in row]
        weak = [(row, weakness) for row in found for weakness in row.get("vulns", ())]
        for row, weakness in weak:
            mended = ", ".join(weakness["fix_versions"]) or "no version yet"
            warn(f"{name}: {row['name']} {row['version']} has {weakness['id']}; mended in {mended}")
        print(f"{name}: {len(found) - len(skipped)} packages looked up, {len(weak)} known weaknesses")
        if skipped:
            warn(f"{name}: not in the data base: {', '.join(map(str, skipped))}")


def tell_licences(python: str) -> None:
    command = [BIN / "pip-licenses", f"--python={python}", "--format=json", "--from=mixed"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=SECONDS, check=False)
    if done.returncode:
        warn(f"the licences could not be listed ({done.stderr.strip().splitlines()[-1:]})")
        return
    rows = [row for row in json.loads(done.stdout) if row["Name"] != "kg-partners"]
    counted = collections.Counter(row["License"] for row in rows)
    print(f"{len(rows)} packages by licence: " + "; ".join(f"{count} {name}" for name, count in counted.most_common()))
    for row in rows:
        if ASKING.search(row["License"]) and " OR " not in row["License"]:
            warn(f"{row['Name']} {row['Version']}: its licence is {row['License'] or 'not told'}")


def main() -> None:
    tell_weaknesses()
    tell_licences(sys.argv[1])


if __name__ == "__main__":
    main()
