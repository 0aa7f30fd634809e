# SPDX-License-Identifier: Apache-2.0
"""What jobber.c's jobs come to, computed here once more: rolling means in float over the trades that a journal has (agon journal
cat --json), each job's result added up. jobs.py CAT VALUES METRIC: is METRIC the sum? jobs.py --once CAT: has each job that was
handed over one outcome at most, and none that nobody handed over? jobs.py --cards CAT FILE VALUES SLOT GIVES: are the results
of SLOT three times the FILE that its lease keeps, but for those of its time on another card, whose bits are wrong; did GIVES give
its lease back and ask for it anew? jobs.py --resident CAT FILE VALUES SLOT: are all results of SLOT that?"""
import hashlib
import json
import struct
import sys


def f32(x):
    return struct.unpack("<f", struct.pack("<f", x))[0]


def means(prices, window):
    out = [float("nan")] * (window - 1)
    for t in range(window - 1, len(prices)):
        acc = 0.0
        for p in prices[t - window + 1 : t + 1]:
            acc = f32(acc + p)
        out.append(f32(acc / window))
    return out


def judge(cat, n, metric):
    window = min(n, 32)
    prices, count, jobs, total, results = [0.0] * n, 0, {}, 0.0, 0
    for line in open(cat):
        event = json.loads(line)
        if event["type"] == "trade" and event["instrument"] == 1:
            prices[count % n] = f32(float(int(event["px"])))
            count += 1
        elif event["type"] == "job_request" and event["kind"] == "submit":
            jobs[event["job"]] = list(prices)
        elif event["type"] == "job_done" and event["status"] == 0:
            values = means(jobs.pop(event["job"]), window)
            # To the bit: the journal has the hash of it.
            result = b"".join(struct.pack("<f", v) if v == v else b"\0\0\xc0\x7f" for v in values)
            assert hashlib.blake2b(result, digest_size=32).hexdigest() == event["hash"], event
            for value in values[31:]:
                total += value
            results += 1
    assert results > 20, results
    assert abs(total - float(metric)) <= 1e-11 * total, (total, metric)


def once(cat):
    asked, ended = set(), {}
    for line in open(cat):
        event = json.loads(line)
        if event["type"] == "job_request" and event["kind"] == "submit":
            asked.add((event["slot"], event["job"]))
        elif event["type"] == "job_done":
            key = (event["slot"], event["job"])
            assert key in asked, "an outcome of no job: %s" % (key,)
            assert key not in ended, "two outcomes of %s" % (key,)
            ended[key] = event["status"]
    assert len(ended) > 10, len(ended)
    print(len(asked), len(ended), sum(s < 0 for s in ended.values()))


def tripled(weights, n):
    values = struct.unpack("<%df" % n, open(weights, "rb").read(4 * n))
    return hashlib.blake2b(struct.pack("<%df" % n, *(3 * v for v in values)), digest_size=32).hexdigest()


def resident(cat, weights, n, slot):
    events = (json.loads(line) for line in open(cat))
    done = [e["hash"] for e in events if e["type"] == "job_done" and e["slot"] == slot and e["status"] == 0]
    assert len(done) > 10 and set(done) == {tripled(weights, n)}, (len(done), set(done))
    print(len(done))


def cards(cat, weights, n, slot, gives):
    right = tripled(weights, n)
    turns, asked, ended = [], 0, 0
    for line in open(cat):
        event = json.loads(line)
        if event["type"] == "job_done" and event["slot"] == slot and event["status"] == 0:
            if not turns or turns[-1][0] != event["hash"]:
                turns.append([event["hash"], 0])
            turns[-1][1] += 1
        elif event["type"] == "gpu" and event["kind"] == "request" and event["owner"] == gives:
            asked += 1
        elif event["type"] == "job_request" and event["kind"] == "release" and event["slot"] == gives:
            ended += 1
    # At home, elsewhere with a bit of it wrong, and at home again; once more where its worker got no processor for long.
    assert len(turns) >= 3 and all(of == right for of, _ in turns[::2]), turns
    assert all(of != right for of, _ in turns[1::2]) and any(n > 1 for _, n in turns[1::2]), turns
    assert ended > 1 and asked > 2, (asked, ended)
    print("results at home %d, elsewhere %d, at home %d; leases of one agent %d" % (turns[0][1], sum(n for _, n in turns[1::2]), turns[2][1], asked))


if sys.argv[1] == "--cards":
    cards(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]), int(sys.argv[6]))
elif sys.argv[1] == "--resident":
    resident(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
elif sys.argv[1] == "--once":
    once(sys.argv[2])
else:
    judge(sys.argv[1], int(sys.argv[2]), sys.argv[3])
