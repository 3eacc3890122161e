"""Times a region of Score-P's Python bindings."""

import time

import scorep.user

CALLS = 10_000
ROUNDS = 20


def turn(call):
    start = time.perf_counter_ns()
    for _ in range(CALLS):
        call()
    return (time.perf_counter_ns() - start) / CALLS


def region():
    with scorep.user.region("region"):
        pass


def nothing():
    pass


costs = [(turn(region), turn(nothing)) for _ in range(ROUNDS)]
cost = min(cost for cost, _ in costs) - min(empty for _, empty in costs)
print(f"{'Score-P, Python bindings':34} {cost:8.2f} ns")
