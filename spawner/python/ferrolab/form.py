"""The form of the spawn page."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from jinja2 import Environment

NUMBERS = [
    ("nodes", "Nodes", "1"),
    ("ntasks", "Tasks", "1"),
    ("cpus_per_task", "CPUs per task", "1"),
    ("gpus", "GPUs", "none"),
]
TEXTS = [
    ("mem", "Memory per node", "the site's default; 4000M, 16G"),
    ("time", "Time", "the site's default; 30, 1:00:00, 2-00:00:00"),
]
REST = [
    ("account", "Account", "your default"),
    ("qos", "QOS", "your default"),
    ("reservation", "Reservation", "none"),
    ("constraint", "Node features", "any"),
]
FIELDS = ["partition", *(name for name, _, _ in NUMBERS + TEXTS + REST)]

_TEMPLATE = Environment(autoescape=True).from_string(
    files("ferrolab").joinpath("form.html").read_text(encoding="utf-8")
)


def render(facts: dict[str, Any], chosen: dict[str, Any], problem: str | None) -> str:
    """The form, with what there is to choose from and what was chosen the last time."""
    return _TEMPLATE.render(
        partitions=facts.get("partitions", []),
        chosen={name: chosen.get(name) for name in FIELDS},
        problem=problem,
        numbers=NUMBERS,
        texts=TEXTS,
        rest=REST,
    )


def from_form(data: dict[str, list[str]]) -> dict[str, str]:
    """The options in a form or a query, as text; the helper checks them."""
    return {
        name: values[0].strip() for name, values in data.items() if values and values[0].strip()
    }
