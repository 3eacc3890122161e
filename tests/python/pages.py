"""Pages of documentation whose examples are cells: what they say and what a kernel makes of it.

A block that begins with ```` ```rust cell ```` is a cell. The block that begins with ```` ```text ````
right behind it is what a reader sees: what was printed, displays, results and errors, as text without
colours. A cell without such a block shows nothing. In the text `…` stands for anything in a line, and
a line that is `…` for any lines. Words behind `cell` say more:

- `fails`: the cell ends with an error;
- `answer=TEXT`: what is typed when the cell asks, once for each time;
- `interrupt=N`: the cell is interrupted each time it has shown something, N times.

Each section (`## …`) is run by a kernel of its own, in an empty folder.
"""

import re
import shlex
from dataclasses import dataclass, field

from kernels import TIMEOUT, plain

BLOCK = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<text>.*?)^```$\n?", re.MULTILINE | re.DOTALL)


@dataclass
class Example:
    """A cell, and what a page says that it shows."""

    line: int
    code: str
    shows: str = ""
    fails: bool = False
    interrupts: int = 0
    answers: list = field(default_factory=list)


def sections(path):
    """The sections of a page that have cells in them: title and examples."""
    text = path.read_text()
    heads = [*re.finditer(r"^## (.+)$", text, re.MULTILINE)]
    found = []
    for head, after in zip(heads, [*heads[1:], None]):
        end = after.start() if after else len(text)
        if examples := examples_in(text, head.end(), end):
            found.append((head[1], examples))
    return found


def examples_in(text, start, end):
    examples = []
    cell_end = None
    for block in BLOCK.finditer(text, start, end):
        words = shlex.split(block["info"])
        if words[:2] == ["rust", "cell"]:
            line = text.count("\n", 0, block.start()) + 1
            examples.append(Example(line, block["text"].rstrip("\n")))
            for word in words[2:]:
                understand(examples[-1], word)
            cell_end = block.end()
        elif words == ["text"] and cell_end and not text[cell_end : block.start()].strip():
            examples[-1].shows = block["text"]
    return examples


def understand(example, word):
    name, _, value = word.partition("=")
    match name:
        case "fails":
            example.fails = True
        case "answer":
            example.answers.append(value)
        case "interrupt":
            example.interrupts = int(value)
        case _:
            raise ValueError(f"line {example.line}: what is `{word}`?")


def agrees(shown, expected):
    """Whether what a cell shows is what its page says."""
    lines = [re.escape(line).replace("…", "[^\n]*") + "\n" for line in tidy(expected)]
    pattern = "".join("(?:[^\n]*\n)*" if line == "[^\n]*\n" else line for line in lines)
    return re.fullmatch(pattern, "".join(line + "\n" for line in tidy(shown))) is not None


def tidy(text):
    return [line.rstrip() for line in text.strip("\n").splitlines()]


class Reader:
    """Sees what a cell shows, as the frontend of a notebook does."""

    def __init__(self):
        self.shown = []
        self.places = {}

    def take(self, message):
        content = message["content"]
        match message["msg_type"]:
            case "stream":
                # Text goes on where it ended, unless something else came between.
                if self.shown and self.shown[-1][0] == "stream":
                    self.shown[-1] = ("stream", self.shown[-1][1] + content["text"])
                else:
                    self.shown.append(("stream", content["text"]))
            case "display_data" | "execute_result" | "update_display_data":
                self.show(content)
            case "clear_output":
                self.shown.clear()
            case "error":
                self.shown.append(("error", plain("\n".join(content["traceback"]))))

    def show(self, content):
        shown = ("data", plain(content["data"].get("text/plain", "")))
        place = content.get("transient", {}).get("display_id")
        if place in self.places:
            self.shown[self.places[place]] = shown
            return
        if place is not None:
            self.places[place] = len(self.shown)
        self.shown.append(shown)

    def text(self, reply):
        pages = [page["data"]["text/plain"] for page in reply["content"].get("payload", [])]
        texts = [text.strip("\n") for _, text in self.shown]
        return "\n".join(text for text in texts + pages if text)


def run(client, example):
    """Runs an example; gives the reply and what was shown."""
    reader = Reader()
    answers = iter(example.answers)
    interrupts = iter(range(example.interrupts))

    def take(message):
        reader.take(message)
        if reader.shown and message["msg_type"] == "stream" and next(interrupts, None) is not None:
            client.control_channel.send(client.session.msg("interrupt_request", {}))

    reply = client.execute_interactive(
        example.code,
        timeout=TIMEOUT,
        output_hook=take,
        stdin_hook=lambda _: client.input(next(answers)),
        allow_stdin=bool(example.answers),
    )
    return reply, reader.text(reply)
