"""`make dist` writes a bill of materials beside wheel and sdist."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.distribution.lock_files import PYPROJECT, ROOT, pins


def test_bill_of_materials_names_every_package_of_a_server_with_its_hashes(tmp_path: Path) -> None:
    environment = Path(sys.prefix)
    command = ["make", "--silent", "--assume-old=setup", "bom", f"DIST={tmp_path}", f"VENV={environment}"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=60)
    project = PYPROJECT["project"]
    bill = json.loads((tmp_path / f"raas-{project['version']}.cdx.json").read_text())
    described = bill["metadata"]["component"]
    assert (bill["bomFormat"], described["name"], described["version"]) == (
        "CycloneDX",
        "raas",
        project["version"],
    )
    named = {
        component["purl"]: {
            digest["content"]
            for reference in component["externalReferences"]
            for digest in reference["hashes"]
        }
        for component in bill["components"]
    }
    assert named == {f"pkg:pypi/{pin.name}@{pin.version}": set(pin.hashes) for pin in pins("server")}
    assert str(ROOT) not in json.dumps(bill)
