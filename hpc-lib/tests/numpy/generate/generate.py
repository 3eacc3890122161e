"""Writes the fixtures: what NumPy gives in the cases that the tests of arrays compare with.

    python -m venv venv && venv/bin/pip install -r requirements.txt
    venv/bin/python generate.py [FAMILY...]

Without names, all of them. README.md describes the files.
"""

import sys
from pathlib import Path

import arrangement
import elementwise
import numerical
import reductions

FIXTURES = Path(__file__).parents[1] / "fixtures"


def main():
    wanted = sys.argv[1:]
    makers = [
        maker for module in (elementwise, reductions, arrangement, numerical) for maker in module.FAMILIES
    ]
    unknown = set(wanted) - {maker.__name__ for maker in makers}
    if unknown:
        sys.exit(
            f"error: no family {', '.join(sorted(unknown))}; there are {', '.join(m.__name__ for m in makers)}"
        )
    total = 0
    for maker in makers:
        if wanted and maker.__name__ not in wanted:
            continue
        family = maker()
        path = FIXTURES / f"{family.name}.json"
        path.write_text(family.text())
        total += path.stat().st_size
        errors = sum("error" in case for case in family.cases)
        print(
            f"{path.stat().st_size / 1e3:8.1f} KB  {len(family.cases):5d} cases, {errors:4d} errors  {path.name}"
        )
    print(f"{total / 1e3:8.1f} KB")


if __name__ == "__main__":
    main()
