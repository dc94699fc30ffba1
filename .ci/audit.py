"""What comes from others: what is inside (SBOM), under which license, with which known holes; and that no secret is in the repository.

    .ci/audit                                        # needs a service that knows the holes of packages
    .ci/audit --service osv --osv-url http://…       # one of your own
    .ci/audit --only licenses secrets

Ends with 1 and the reason where something is wrong, and as well where nothing was checked: a service that does not answer, that knows a
package not, or that knows of no hole in a release which is famous for one.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

from packaging.markers import Marker

ROOT = Path(__file__).resolve().parent.parent
PIN = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[[^]]*\])?==([^\s;\\]+)(?: ; ([^\\]+?))?(?: \\)?$", re.MULTILINE)
#: A release with a hole that every service knows: where it is not found, nothing was looked for.
CANARY = ("jinja2", "2.10")
COPYLEFT = re.compile(r"\bA?GPL|\bGNU (?:Affero )?General Public", re.IGNORECASE)
GENERATED = {"__pycache__", "test-results", "staticfiles"}
SECRETS = {
    "a private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{20}",
    "a key of AWS": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "a token of GitHub": r"\bgh[pousr]_[A-Za-z0-9]{36}\b",
    "a token of Slack": r"\bxox[abprs]-[0-9A-Za-z-]{20,}",
    "a key of Stripe": r"\b[rs]k_live_[0-9A-Za-z]{20,}",
    "a password in an address": r"\b(?:postgres(?:ql)?|rediss?|smtps?|amqps?|https?)://[\w.-]*:(?!secret@|password@)[\w.%+-]{8,}@[\w-]+\.[\w.-]+",
}


def pins(file: Path) -> dict[str, str]:
    """Package → version, of what is installed on this machine."""
    found = PIN.findall(file.read_text(encoding="utf-8"))
    return {name: version for name, version, marker in found if not marker or Marker(marker).evaluate()}


def holes(requirements: Path, service: Sequence[str]) -> Iterator[str]:
    """What is wrong with the packages as the service has it, or with the service."""
    with tempfile.TemporaryDirectory() as folder:
        canary = Path(folder) / "canary.txt"
        canary.write_text("==".join(CANARY) + "\n", encoding="utf-8")
        known = _ask(canary, ["--no-deps", *service])
    if isinstance(known, str):
        yield f"Nothing was checked: {known}"
        return
    if not known.get(CANARY[0]):
        yield f"Nothing was checked: the service knows of no hole in {' '.join(CANARY)}."
        return
    answer = _ask(requirements, ["--require-hashes", *service])
    if isinstance(answer, str):
        yield f"Nothing was checked: {answer}"
        return
    expected = pins(requirements)
    if not expected or (missing := sorted(expected.keys() - answer.keys())):
        yield f"Not checked: {', '.join(missing) if expected else 'there is nothing in the file'}."
    for name, ids in sorted(answer.items()):
        if ids:
            yield f"{name} {expected.get(name)} has known holes: {', '.join(ids)}."


def _ask(requirements: Path, options: Sequence[str]) -> dict[str, list[str]] | str:
    """Package → numbers of its known holes, or in words why there is no answer."""
    command = [
        sys.executable,
        "-m",
        "pip_audit",
        "--strict",
        "--disable-pip",
        "--progress-spinner=off",
        "--format=json",
    ]
    run = subprocess.run([*command, *options, "-r", str(requirements)], capture_output=True, text=True, check=False)
    try:
        found = json.loads(run.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return (run.stderr.strip().splitlines() or ["no answer"])[-1]
    return {each["name"].lower(): [hole["id"] for hole in each["vulns"]] for each in found if "vulns" in each}


def licenses(requirements: Path) -> Iterator[str]:
    """What runs in the portal and is under the GPL or AGPL, or says of no license at all. The LGPL is fine: nothing of it is changed."""
    for name in pins(requirements):
        try:
            about = metadata(name)
        except PackageNotFoundError:
            yield f"{name} is not installed: its license was not read."
            continue
        texts = [about.get("License-Expression") or (about.get("License") or "").partition("\n")[0]]
        texts += [line for line in about.get_all("Classifier") or [] if line.startswith("License ::")]
        stated = "; ".join(filter(None, texts))
        if not stated:
            yield f"{name} does not say under which license it is."
        elif COPYLEFT.search(stated) and " OR " not in stated:
            yield f"{name} is under {stated}."


def files_of(folder: Path) -> list[Path]:
    """Every file of the repository; of folders and files that git ignores none."""
    found = []
    for path in sorted(folder.iterdir()):
        if path.is_dir() and (not path.name.startswith(".") or path.name == ".ci") and path.name not in GENERATED:
            found += files_of(path)
        elif path.is_file() and path.name not in (".env", ".git"):
            found.append(path)
    return found


def secrets(files: Sequence[Path]) -> Iterator[str]:
    """Files in which something looks like a secret."""
    if not files:
        yield "There is no file to be searched for secrets."
    for file in files:
        text = file.read_bytes().decode("utf-8", errors="replace")
        for what, pattern in SECRETS.items():
            for found in re.finditer(pattern, text):
                yield f"{file}:{text.count(chr(10), 0, found.start()) + 1} looks like {what}."


def sbom(requirements: Path, into: Path) -> Iterator[str]:
    """Write what is inside, in the words of CycloneDX."""
    command = [
        sys.executable,
        "-m",
        "cyclonedx_py",
        "requirements",
        "--of=JSON",
        "--output-reproducible",
        f"--output-file={into}",
    ]
    run = subprocess.run([*command, str(requirements)], capture_output=True, text=True, check=False)
    if run.returncode:
        yield f"The SBOM was not written: {run.stderr.strip()}"
        return
    inside = {part["name"] for part in json.loads(into.read_text(encoding="utf-8"))["components"]}
    if missing := sorted(pins(requirements).keys() - inside):
        yield f"The SBOM lacks {', '.join(missing)}."


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=["sbom", "licenses", "secrets", "holes"])
    parser.add_argument("--service", choices=["pypi", "osv"], default="pypi")
    parser.add_argument("--osv-url")
    parser.add_argument("--sbom", type=Path, default=ROOT / "test-results" / "sbom.json")
    given = parser.parse_args(arguments)
    given.sbom.parent.mkdir(parents=True, exist_ok=True)
    service = [f"--vulnerability-service={given.service}", *([f"--osv-url={given.osv_url}"] if given.osv_url else [])]
    checks = {
        "sbom": lambda: sbom(ROOT / "requirements.txt", given.sbom),
        "licenses": lambda: licenses(ROOT / "requirements.txt"),
        "secrets": lambda: secrets(files_of(ROOT)),
        "holes": lambda: holes(ROOT / "requirements-dev.txt", service),
    }
    wrong = 0
    for name in given.only or checks:
        found = list(checks[name]())
        print(f"{name}: {'ok' if not found else 'RED'}")
        for words in found:
            print(f"  {words}")
        wrong += len(found)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
