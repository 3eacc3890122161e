"""Exports of a recording whose every time is known, read by the tools that they are for."""

import csv
import json
import re
import shutil
import subprocess
from collections import Counter, defaultdict
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    """A folder with the example's exports and what is to be found in them."""
    if shutil.which("cargo") is None:
        pytest.skip("no cargo: the example that makes the recording is not built")
    folder = tmp_path_factory.mktemp("profile")
    command = ["cargo", "run", "--quiet", "--release", "--locked"]
    example = ["--package", "hpc-profile", "--example", "known_profile", "--", folder]
    subprocess.run([*command, *example], cwd=REPOSITORY, check=True, timeout=900)
    return folder


@pytest.fixture(scope="module")
def expected(known):
    """What is to be found."""
    return json.loads((known / "expected.json").read_text())


class Replay:
    """Turns beginnings and ends of regions back into counts of call paths."""

    def __init__(self):
        self.open = []
        self.paths = defaultdict(lambda: {"visits": 0, "inclusive": 0, "inside": 0})

    def enter(self, name, time):
        self.open.append([name, time, 0])

    def leave(self, time):
        path = tuple(name for name, _, _ in self.open)
        _, start, inside = self.open.pop()
        counts = self.paths[path]
        counts["visits"] += 1
        counts["inclusive"] += time - start
        counts["inside"] += inside
        if self.open:
            self.open[-1][2] += time - start

    def table(self):
        assert not self.open
        return {
            path: (counts["visits"], counts["inclusive"], counts["inclusive"] - counts["inside"])
            for path, counts in self.paths.items()
        }


def without_parameters(paths):
    """The paths of a location as streams of events have them: values of parameters are part of
    the region, and a thread of a pool does not know whom it works for."""
    table = {}
    for counts in paths:
        path = counts["path"]
        if path[-1] == "matmul part":
            path = path[-1:]
        if re.fullmatch(r"n=\d+|shape=\w+", path[-1]):
            # Its time alone is the region's time alone as well.
            above = tuple(path[:-1])
            visits, inclusive, exclusive = table[above]
            table[above] = (visits, inclusive, exclusive + counts["exclusive"])
        else:
            table[tuple(path)] = (counts["visits"], counts["inclusive"], counts["exclusive"])
    return table


def check_replays(replays, expected):
    """`replays` by rank and thread must be what was recorded, number for number."""
    assert len(expected["locations"]) == 8
    for location in expected["locations"]:
        replay = replays.pop((location["rank"], location["thread"]), Replay())
        assert replay.table() == without_parameters(location["paths"])
    assert not replays


def test_what_was_recorded_is_what_was_done(expected):
    """The numbers that everything else is compared with, by hand."""
    main, *workers, idle = expected["locations"][:4]
    steps = expected["steps"]
    paths = {"/".join(counts["path"]): counts for counts in main["paths"]}
    step = paths["cell[7]/solve ∂x <&\"'>/step"]
    assert step["visits"] == steps == 60_000
    assert step["inclusive"] == step["exclusive"] == 10 * steps
    assert (step["min"], step["max"]) == (9, 11)
    matmul = paths["cell[7]/hpc::matmul"]
    assert matmul["visits"] == 4
    assert matmul["inclusive"] == 100 * (64 + 128 + 64) + 1000
    assert paths["cell[7]/hpc::matmul/n=64"]["visits"] == 2
    assert paths["cell[7]/hpc::matmul/n=64"]["flops"] == 2 * 2 * 64**3
    assert paths["cell[7]/hpc::matmul/n=128"]["inclusive"] == 12_800
    assert [worker["paths"][0]["inclusive"] for worker in workers] == [400, 600]
    assert workers[0]["paths"][0]["path"] == ["cell[7]", "hpc::matmul", "matmul part"]
    assert idle["paths"] == []
    # Exclusive times add up to what the outermost regions took.
    for location in expected["locations"]:
        outermost = sum(c["inclusive"] for c in location["paths"] if len(c["path"]) == 1)
        if location["thread"] == "main":
            assert sum(c["exclusive"] for c in location["paths"]) == outermost


def test_otf2_reader(known, expected):
    """The official reader finds all definitions and events, and corrects the clocks."""
    otf2 = pytest.importorskip("otf2")
    replays = defaultdict(Replay)
    kinds = Counter()
    first = {}
    metrics = defaultdict(list)
    parameters = Counter()
    with otf2.reader.open(str(known / "otf2" / "traces.otf2")) as trace:
        definitions = trace.definitions
        assert trace.timer_resolution == 10**9
        regions = {region.name: region for region in definitions.regions}
        assert regions["hpc::matmul"].source_file == "In[7]"
        assert regions["hpc::matmul"].begin_line_number == 3
        assert regions["MPI_Allreduce"].paradigm == otf2.Paradigm.MPI
        assert regions["MPI_Allreduce"].region_role == otf2.RegionRole.COLL_ALL2ALL
        assert expected["long_name"] in regions and len(expected["long_name"]) == 300
        assert [comm.name for comm in definitions.comms] == ["world"]
        # An event that OTF2 has no record for: the cell's beginning and end, and that of work for others.
        counts = [location.number_of_events for location in definitions.locations]
        assert counts == [one["events"] - extra for one, extra in
                          zip(expected["locations"], [2, 2, 2, 0] * 2, strict=True)]
        clock = definitions.clock_properties
        for location, event in trace.events:
            rank = int(location.group.name.removeprefix("rank "))
            key = (rank, location.name)
            kinds[type(event).__name__] += 1
            assert clock.global_offset <= event.time
            assert event.time <= clock.global_offset + clock.trace_length
            first.setdefault(key, event.time)
            match event:
                case otf2.events.Enter():
                    replays[key].enter(event.region.name, event.time)
                case otf2.events.Leave():
                    assert replays[key].open[-1][0] == event.region.name
                    replays[key].leave(event.time)
                case otf2.events.Metric():
                    for member, value in zip(event.metric.members, event.values, strict=True):
                        metrics[member.name].append(value)
                case otf2.events.ParameterInt() | otf2.events.ParameterString():
                    value = getattr(event, "value", None)
                    value = event.string if value is None else value
                    parameters[event.parameter.name, value] += 1
                case otf2.events.MpiSend():
                    assert (event.receiver, event.msg_tag, event.msg_length) == (1 - rank, 42, 800)
                    assert event.communicator.name == "world"
                case otf2.events.MpiCollectiveEnd():
                    assert event.collective_op == otf2.CollectiveOp.ALLREDUCE
                    assert (event.size_sent, event.size_received) == (8, 8)
    check_replays(dict(replays), expected)
    starts = {location["rank"]: location["start"] for location in expected["locations"]}
    # Both ranks began at 1000 by the clock of the first.
    assert {rank: first[rank, "main"] - starts[rank] for rank in starts} == {0: 1000, 1: 1000}
    assert metrics["count"] == [-5, -5]
    assert sorted(metrics["residual"]) == sorted(2 * [1 / (1 + i) for i in range(0, 60_000, 1000)])
    assert sum(metrics["floating-point operations"]) == 2 * 2 * (2 * 64**3 + 128**3)
    assert sum(metrics["bytes moved"]) == 2 * 3 * 8 * (2 * 64**2 + 128**2)
    assert parameters == {("n", 64): 4, ("n", 128): 2, ("shape", "wide"): 2, ("marker", "half way"): 2}
    assert kinds["MpiSend"] == kinds["MpiRecv"] == 2
    assert kinds["MpiCollectiveBegin"] == kinds["MpiCollectiveEnd"] == 2


def test_otf2_print(known, expected):
    """Debian's older otf2-print finds the same events without a complaint."""
    if shutil.which("otf2-print") is None:
        pytest.skip("no otf2-print: install otf2-tools")
    archive = known / "otf2" / "traces.otf2"
    answer = subprocess.run(
        ["otf2-print", archive], capture_output=True, text=True, timeout=300, check=True
    )
    assert answer.stderr == ""
    replays = defaultdict(Replay)
    threads = [(location["rank"], location["thread"]) for location in expected["locations"]]
    for line in answer.stdout.splitlines():
        found = re.match(r'(ENTER|LEAVE) +(\d+) +(\d+) +Region: "(.*)" <\d+>$', line)
        if found:
            kind, location, time, region = found.groups()
            replay = replays[threads[int(location)]]
            if kind == "ENTER":
                replay.enter(region, int(time))
            else:
                replay.leave(int(time))
    check_replays(dict(replays), expected)
    definitions = subprocess.run(
        ["otf2-print", "-G", archive], capture_output=True, text=True, timeout=60, check=True
    )
    assert definitions.stderr == ""
    assert definitions.stdout.count("LOCATION_GROUP ") == 2


def test_cube(known, expected):
    """pycubexr finds each value of each path and location."""
    pycubexr = pytest.importorskip("pycubexr")
    with pycubexr.CubexParser(str(known / "profile.cubex")) as cube:
        metrics = {metric.name: metric for metric in cube.get_metrics()}
        names = {"visits", "time", "min_time", "max_time", "bytes_moved", "flops", "residual", "count"}
        assert set(metrics) == names
        locations = cube.get_locations()
        threads = [location["thread"] for location in expected["locations"]]
        assert [location.name for location in locations] == threads

        def path(cnode):
            names = []
            while cnode.parent is not None:
                names.append(cube.get_region(cnode).name)
                for key, value in cnode.parameters.items():
                    names[-1] = f"{key}={int(value) if key == 'n' else value}"
                cnode = cnode.parent
            return tuple(reversed(names))

        def values(name):
            of = cube.get_metric_values(metrics[name])
            return {
                path(cube.get_cnode(index)): of.cnode_values(cube.get_cnode(index)).astype(float)
                for index in of.cnode_indices
            }

        columns = {name: values(name) for name in names - {"count"}}
        of_count = values("count")
    for number, location in enumerate(expected["locations"]):
        seen = {p for p, visits in columns["visits"].items() if visits[number] > 0}
        paths = {tuple(counts["path"]): counts for counts in location["paths"]}
        assert seen == set(paths)
        for where, counts in paths.items():
            assert columns["visits"][where][number] == counts["visits"]
            assert columns["time"][where][number] == counts["inclusive"] / 1e9
            assert columns["min_time"][where][number] == counts["min"] / 1e9
            assert columns["max_time"][where][number] == counts["max"] / 1e9
            assert columns["bytes_moved"][where][number] == counts["bytes"]
            assert columns["flops"][where][number] == counts["flops"]
        # The whole program is the root.
        total = sum(counts["exclusive"] for counts in location["paths"])
        assert columns["time"][()][number] == total / 1e9
    assert list(of_count["cell[7]", "init"]) == [-5, 0, 0, 0, -5, 0, 0, 0]


def test_perfetto(known, expected):
    """Perfetto's own definition of its messages decodes the trace."""
    messages = pytest.importorskip("perfetto.protos.perfetto.trace.perfetto_trace_pb2")
    trace = messages.Trace()
    trace.ParseFromString((known / "trace.pftrace").read_bytes())
    processes, threads, counters = {}, {}, {}
    names = defaultdict(dict)
    replays = defaultdict(Replay)
    last = defaultdict(int)
    values = defaultdict(list)
    instants = Counter()
    event_kind = messages.TrackEvent
    for packet in trace.packet:
        if packet.HasField("track_descriptor"):
            track = packet.track_descriptor
            if track.HasField("process"):
                processes[track.uuid] = int(track.name.split()[1])
            elif track.HasField("thread"):
                threads[track.uuid] = (processes[track.parent_uuid], track.name)
            else:
                assert track.HasField("counter") and track.parent_uuid in threads
                counters[track.uuid] = track.name
            continue
        sequence = packet.trusted_packet_sequence_id
        for entry in packet.interned_data.event_names:
            names[sequence][entry.iid] = entry.name
        event = packet.track_event
        assert last[sequence] <= packet.timestamp
        last[sequence] = packet.timestamp
        name = names[sequence].get(event.name_iid)
        if event.type == event_kind.TYPE_SLICE_BEGIN:
            replays[threads[event.track_uuid]].enter(name, packet.timestamp)
        elif event.type == event_kind.TYPE_SLICE_END:
            replays[threads[event.track_uuid]].leave(packet.timestamp)
        elif event.type == event_kind.TYPE_INSTANT:
            instants[name] += 1
        else:
            assert event.type == event_kind.TYPE_COUNTER
            values[counters[event.track_uuid]].append(event.double_counter_value)
    check_replays(dict(replays), expected)
    assert values["count"] == [-5, -5] and len(values["residual"]) == 120
    assert instants["half way"] == 2 and instants["send 800 B to 1"] == 1


def test_chrome(known, expected):
    """The JSON trace holds the same, in microseconds."""
    trace = json.loads((known / "chrome.json").read_text())
    ranks, threads = {}, {}
    replays = defaultdict(Replay)
    for event in trace["traceEvents"]:
        match event["ph"]:
            case "M" if event["name"] == "process_name":
                ranks[event["pid"]] = int(event["args"]["name"].split()[1])
            case "M":
                threads[event["tid"]] = (ranks[event["pid"]], event["args"]["name"])
            case "B":
                replays[threads[event["tid"]]].enter(event["name"], round(event["ts"] * 1000))
            case "E":
                replays[threads[event["tid"]]].leave(round(event["ts"] * 1000))
    check_replays(dict(replays), expected)


def test_speedscope(known, expected):
    """Each thread is a profile whose events nest."""
    file = json.loads((known / "speedscope.json").read_text())
    assert file["$schema"] == "https://www.speedscope.app/file-format-schema.json"
    frames = [frame["name"] for frame in file["shared"]["frames"]]
    replays = defaultdict(Replay)
    for profile in file["profiles"]:
        rank, thread = re.fullmatch(r"rank (\d+), (.*)", profile["name"]).groups()
        assert (profile["type"], profile["unit"]) == ("evented", "nanoseconds")
        for event in profile["events"]:
            assert profile["startValue"] <= event["at"] <= profile["endValue"]
            replay = replays[int(rank), thread]
            if event["type"] == "O":
                replay.enter(frames[event["frame"]], event["at"])
            else:
                assert replay.open[-1][0] == frames[event["frame"]]
                replay.leave(event["at"])
    check_replays(dict(replays), expected)


def test_firefox(known, expected):
    """Samples of each thread, as many as the time is long."""
    file = json.loads((known / "firefox.json").read_text())
    interval = file["meta"]["interval"]
    main = [thread for thread in file["threads"] if thread["isMainThread"]]
    # The viewer names a main thread after its process.
    assert [thread["name"].split(" (")[0] for thread in main] == ["rank 0", "rank 1"]
    for thread in main:
        names = thread["stringArray"]
        frames = [names[thread["funcTable"]["name"][func]] for func in thread["frameTable"]["func"]]
        stacks = thread["stackTable"]
        count = Counter()
        for stack, weight in zip(thread["samples"]["stack"], thread["samples"]["weight"], strict=True):
            if stack is not None:
                count[frames[stacks["frame"][stack]]] += weight
        steps = next(
            counts["exclusive"]
            for counts in expected["locations"][0]["paths"]
            if counts["path"][-1] == "step"
        )
        # Half of the loop is in its steps, as far as samples at equal distances tell.
        assert count["step"] * interval * 1e6 == pytest.approx(steps, rel=0.1)


def test_folded(known, expected):
    """A line for each path with its exclusive time over all threads."""
    total = Counter()
    for location in expected["locations"]:
        for counts in location["paths"]:
            if counts["exclusive"] > 0:
                total[";".join(counts["path"])] += int(counts["exclusive"])
    found = {}
    for line in (known / "folded.txt").read_text().splitlines():
        path, weight = line.rsplit(" ", 1)
        found[path] = int(weight)
    assert found == total


def test_csv(known, expected):
    """Tables of paths and of visits."""
    with open(known / "profile.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    found = {(int(row["rank"]), row["thread"], row["path"]): row for row in rows}
    assert len(found) == sum(len(location["paths"]) for location in expected["locations"])
    for location in expected["locations"]:
        for counts in location["paths"]:
            row = found[location["rank"], location["thread"], "/".join(counts["path"])]
            for column, name in [
                ("visits", "visits"),
                ("inclusive_ns", "inclusive"),
                ("exclusive_ns", "exclusive"),
                ("min_ns", "min"),
                ("flops", "flops"),
            ]:
                assert float(row[column]) == counts[name]
    visits = Counter()
    with open(known / "visits.csv", newline="") as file:
        for row in csv.DictReader(file):
            assert int(row["start_ns"]) <= int(row["end_ns"])
            visits[int(row["rank"]), row["region"]] += 1
    assert visits[0, "step"] == visits[1, "step"] == expected["steps"]
    assert visits[1, "matmul part"] == 2
