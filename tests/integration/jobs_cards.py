# SPDX-License-Identifier: Apache-2.0
"""What a journal (agon journal cat --json) has of leases and jobs. --story CAT: a line for each slot, what its host asked of the
cards, what it wanted itself and what became of it, in their order, without numbers and times: two runs of the same agents have the
same. --rules CAT DELAY: an outcome comes at its job's submission + delay at the soonest, and no two chunks of a card end at once; how many
chunks there were, and how many outcomes came later. --part CAT CHUNK: research alone has 40 % of a card's time, beside what it had
saved up in a second."""
import json
import sys

WINDOW = 10**9


def events(cat):
    for line in open(cat):
        event = json.loads(line)
        if event["type"] in ("gpu", "job_request", "job_done"):
            yield event


def story(cat):
    of, hosts = {}, {}
    for e in events(cat):
        if e["type"] == "gpu" and e["kind"] in ("request", "release"):
            hosts.setdefault(e["owner"], []).append(e["kind"])
        elif e["type"] == "job_request":
            of.setdefault(e["slot"], []).append(e["kind"])
        elif e["type"] == "job_done":
            of.setdefault(e["slot"], []).append("done:%d" % e["status"])
    for slot in sorted(of):
        print(slot, "host:" + "+".join(hosts.get(slot, [])), " ".join(of[slot]))


def outcomes(cat, delay):
    at, late = {}, 0
    for e in events(cat):
        if e["type"] == "job_request" and e["kind"] == "submit":
            at[(e["slot"], e["job"])] = int(e["t"])
        elif e["type"] == "job_done":
            took = int(e["t"]) - at.pop((e["slot"], e["job"]))
            assert took >= delay or e["status"] < 0, e
            late += took > delay
    return late


def rules(cat, delay):
    late = outcomes(cat, delay)
    ends = {}
    last_t = 0
    chunks = 0
    for e in events(cat):
        t = int(e["t"])
        assert t >= last_t, e
        last_t = t
        if e["type"] == "gpu" and e["kind"] == "chunk":
            ends.setdefault(e["card"], []).append(t)
            chunks += 1
    for card in ends.values():
        # Of a job of N calls a chunk takes delay / N: no two ends are closer than the shortest.
        assert all(b > a for a, b in zip(card, card[1:])), "two chunks of a card ended at once"
    print(chunks, late)


def part(cat, chunk_ns):
    """Of the time between the first and the last chunk of a card which part it ran: all its jobs are of one kind here."""
    ends = [int(e["t"]) for e in events(cat) if e["type"] == "gpu" and e["kind"] == "chunk"]
    span = ends[-1] - ends[0]
    ran = (len(ends) - 1) * chunk_ns
    assert span > 20 * WINDOW, span
    assert ran <= 0.4 * (span + WINDOW) + 2 * chunk_ns, (ran, span)
    assert ran >= 0.39 * span, (ran, span)
    print("%.4f" % (ran / span))


if sys.argv[1] == "--story":
    story(sys.argv[2])
elif sys.argv[1] == "--rules":
    rules(sys.argv[2], int(sys.argv[3]))
elif sys.argv[1] == "--part":
    part(sys.argv[2], int(sys.argv[3]))
else:
    sys.exit("unknown word")
