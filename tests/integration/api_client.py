#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""api_client RUN PLUGIN ROSTER: an operator with the generated client and nothing else, on the host of RUN. PLUGIN is another
build of busy_1's, ROSTER one with less capital of busy_2. Each order is printed with its number: seq N WHAT."""
import sys
import time

import agon_client as client
from agon_client.rest import ApiException

RUN, PLUGIN, ROSTER = sys.argv[1:4]


def read(name):
    with open(f"{RUN}/{name}", encoding="utf-8") as file:
        return file.read().strip()


def connect(token):
    return client.ApiClient(client.Configuration(host=read("http"), access_token=read(token)))


def api(name, link):
    return getattr(client, name)(link)


def wait(what, question):
    for _ in range(600):
        answer = question()
        if answer:
            return answer
        time.sleep(0.1)
    raise SystemExit(f"FAIL: never: {what}")


def args(name, *words):
    return getattr(client, name)(args=list(words))


def refused(status, call):
    try:
        call()
    except ApiException as error:
        assert error.status == status, (status, error)
        return
    raise SystemExit(f"FAIL: not refused with {status}")


operator, reader = connect("token"), connect("token_read")
look, stop, code, capital = (api(name, operator) for name in ("LookApi", "StopAndGoOnApi", "CodeOfAgentsApi", "RosterAndCapitalApi"))
agent_of = lambda name: next(one for one in api("LookApi", reader).agents() if one.name == name)
step = lambda what, answer: print(f"seq {answer.seq} {what}: {answer.done} ({answer.on})")

assert api("HostApi", client.ApiClient(client.Configuration(host=read("http")))).healthz().status == "ok"
status = look.status()
assert status.mode == "live" and status.agents == 2, status
wait("both trade", lambda: all(one.fills > 0 for one in look.agents()))
print("agents:", ", ".join(f"{one.name} {one.state} {one.equity} {one.currency}" for one in look.agents()))

# Who only looks may not halt, and a name that nobody has is not one.
refused(403, lambda: api("StopAndGoOnApi", reader).halt(halt_args=args("HaltArgs", "busy_1")))
refused(404, lambda: stop.halt(halt_args=args("HaltArgs", "nobody")))

# An order that stands is cancelled.
def cancel_one():
    for order in look.orders_by_agent("busy_1"):
        try:
            return order, stop.order_cancel(args("OrderCancelArgs", order.id, "generated client"))
        except ApiException as error:
            assert error.status == 404, error  # it was filled meanwhile


order, answer = wait("an order that stands", cancel_one)
step(f"cancel of order {order.id} ({order.side} {order.quantity} {order.symbol} at {order.price})", answer)
wait("it is closed", lambda: order.id not in [one.id for one in look.orders()])

# A pause: the agent asks and is refused; then its position goes, by one fill at least that says what it brought.
step("halt", stop.halt(halt_args=args("HaltArgs", "busy_1", "generated client")))
wait("it is halted", lambda: agent_of("busy_1").state == "halted")
halt = next(one for one in stop.halts() if one.of == "busy_1")
assert halt.reason == "generated client" and halt.scope == "agent", halt
# What it holds that is less than an order may be stays.
held = lambda: next((one for one in look.positions_by_agent("busy_1") if one.quantity and float(one.quantity) * float(one.mark) > 50), None)
newest = lambda: max((one.seq for one in look.fills_by_agent("busy_1")), default=0)
before, position = newest(), held()
while position is None:  # flat just then
    step("resume", stop.resume(resume_args=args("ResumeArgs", "busy_1")))
    wait("a position", held)
    step("halt", stop.halt(halt_args=args("HaltArgs", "busy_1", "generated client")))
    before, position = newest(), held()
step(f"close of {position.quantity} {position.symbol}", stop.position_close(args("PositionCloseArgs", "busy_1", position.symbol, "generated client")))
fill = wait("its closing fill", lambda: next((one for one in look.fills_by_agent("busy_1") if one.symbol == position.symbol and one.seq > before and one.result is not None), None))
print(f"closing fill {fill.seq} {fill.side} {fill.quantity} {fill.symbol} at {fill.price}: {fill.result}")
wait("nothing is left of it", lambda: not [one for one in stop.left_by_agent("busy_1").positions if one.symbol == position.symbol])
step("resume", stop.resume(resume_args=args("ResumeArgs", "busy_1", "generated client")))

# Other code, and back; then less capital for the other agent.
was = agent_of("busy_1")
reloaded = code.reload(args("ReloadArgs", "busy_1", PLUGIN))
print(f"reload: {reloaded.done}, event {reloaded.seq}")
now = wait("the other code is active", lambda: next((one for one in [agent_of("busy_1")] if one.code != was.code), None))
assert now.generation == was.generation + 1, (was.generation, now.generation)
back = code.rollback(args("RollbackArgs", "busy_1"))
print(f"rollback: {back.done}, event {back.seq}")
assert back.seq > reloaded.seq > 0, (reloaded.seq, back.seq)
wait("the code before is active", lambda: agent_of("busy_1").code == was.code)
wait("both in the list", lambda: [(one.kind, one.seq) for one in code.reloads()][:2] == [("rollback", back.seq), ("reload", reloaded.seq)])
dry = capital.apply(args("ApplyArgs", ROSTER, "dry-run"))
# Limits that are shares of the capital go with it.
assert {one.agent for one in dry.changes} == {"busy_2"} and dry.changes[0].what == "capital" and dry.made == 0, dry
made = capital.apply(args("ApplyArgs", ROSTER))
assert made.made == len(dry.changes), made
print(f"capital of busy_2: {made.changes[0].var_from} to {made.changes[0].to}")
wait("its capital", lambda: float(agent_of("busy_2").capital) == 90000)
wait("busy_1 trades on", lambda: agent_of("busy_1").state == "active")
