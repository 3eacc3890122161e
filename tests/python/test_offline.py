"""A compute node has no internet, and a user may have an empty home."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

NOBODY = 65534
CELLS = [
    "let v = vec![1, 2, 3];\n"
    "let squares: std::collections::HashMap<_, _> = v.iter().map(|i| (*i, i * i)).collect();",
    'println!("{} {}", v.len(), squares[&3]);\nlinspace(0.0, 1.0, 5).sum()',
]


def notebook():
    cells = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"cell{number}",
            "metadata": {},
            "outputs": [],
            "source": source,
        }
        for number, source in enumerate(CELLS)
    ]
    kernelspec = {"display_name": "Rust (HPC)", "language": "rust", "name": "rust-hpc"}
    return {"cells": cells, "metadata": {"kernelspec": kernelspec}, "nbformat": 4, "nbformat_minor": 5}


def can_isolate():
    if os.getuid() != 0 or not shutil.which("unshare") or not shutil.which("setpriv"):
        return False
    return subprocess.run(["unshare", "-n", "true"], capture_output=True, timeout=10).returncode == 0


@pytest.mark.skipif(not can_isolate(), reason="it takes root and network namespaces")
def test_the_kernel_works_without_network_for_a_user_without_anything(prefix):
    # Below /tmp, because other users cannot pass through pytest's folders.
    work = Path("/tmp") / f"ferrolab-offline-{os.getpid()}"
    work.mkdir(mode=0o700)
    try:
        (work / "home").mkdir()
        (work / "in.ipynb").write_text(json.dumps(notebook()))
        for path in (work, work / "home", work / "in.ipynb"):
            os.chown(path, NOBODY, NOBODY)
        run = subprocess.run(
            ["unshare", "-n", "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
            + ["env", "-i", f"HOME={work / 'home'}", "PATH=/usr/bin:/bin"]
            + [prefix / "bin/ferrolab", "run", "in.ipynb", "-o", "out.ipynb", "--no-html"],
            cwd=work,
            capture_output=True,
            text=True,
            timeout=180,
        )
        assert run.returncode == 0, run.stderr
        outputs = json.loads((work / "out.ipynb").read_text())["cells"][1]["outputs"]
        assert "".join(outputs[0]["text"]) == "3 9\n"
        assert "".join(outputs[1]["data"]["text/plain"]) == "2.5"
    finally:
        shutil.rmtree(work)
