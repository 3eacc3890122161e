"""Where the measurements were taken."""

import os
import subprocess
from pathlib import Path


def first_line(*command):
    answer = subprocess.run(command, capture_output=True, text=True, timeout=30)
    return (answer.stdout.splitlines() or ["?"])[0]


def cpu_model():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return os.uname().machine


def machine(rustc):
    """What a reader must know to compare the numbers with others."""
    return {
        "cpu": cpu_model(),
        "cores": len(os.sched_getaffinity(0)),
        "load before": f"{os.getloadavg()[0]:.1f}",
        "system": f"{os.uname().sysname} {os.uname().release}",
        "rustc": first_line(rustc, "--version"),
    }
