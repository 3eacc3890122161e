"""The table of results, in markdown."""

from works import PEERS


def amount(value, memory):
    if value is None:
        return "–"
    if memory:
        return f"{value / 1e9:.2f} GB"
    for unit, scale in (("s", 1), ("ms", 1e3), ("µs", 1e6)):
        if value * scale >= 1 or unit == "µs" and value >= 1e-7:
            return f"{value * scale:.3g} {unit}" if value * scale < 1000 else f"{value * scale:.0f} {unit}"
    return f"{value * 1e9:.0f} ns"


def cells(row):
    medians, memory = row.medians, bool(row.work.memory)
    ours = medians.get("ours")
    line = [row.work.title, amount(medians.get("limit"), memory)]
    line.append(amount(ours, memory) if ours is not None else row.notes.get("ours", "–"))
    limit = medians.get("limit")
    line.append(f"{ours / limit:.2f}" if ours and limit else "–")
    for peer in PEERS:
        theirs = medians.get(peer)
        if theirs is None:
            note = row.notes.get(peer, "")
            line.append(note if note.startswith(("WRONG", "FAILED")) else "–")
        else:
            line.append(amount(theirs, memory) + (f" ({theirs / ours:.2f} ×)" if ours else ""))
    line.append(", ".join(text for text, _ in row.verdicts) or ", ".join(t.text() for t in row.work.targets))
    missed = [text for text, met in row.verdicts if met is False]
    match row.met():
        case None:
            line.append("–")
        case True:
            line.append("yes")
        case False:
            line.append("NO: " + ", ".join(missed))
    # A pipe would end the cell.
    return [cell.replace("|", "\\|") for cell in line]


def markdown(rows, facts):
    head = ["work", "limit", "ours", "÷ limit", *(f"{peer} (÷ ours)" for peer in PEERS), "target", "met"]
    lines = [f"- {name}: {value}" for name, value in facts.items()]
    lines += ["", "| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(cells(row)) + " |" for row in rows]
    lines += [
        "",
        "Medians; the contenders took turns, every result was compared with NumPy's. The limit is the faster of two "
        "loops of plain Rust that move the row's memory (with ordinary stores, and past the caches) or, for matmul, "
        "that only multiply and add; for memory it is what inputs and output take.",
    ]
    return "\n".join(lines)
