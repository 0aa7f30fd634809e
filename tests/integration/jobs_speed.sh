#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# At a speed of the market beyond 1 what a card needs is of real time all the same: a job's delay and a chunk's limit are so much
# more of engine time. Nothing here waits for a time: what the journal says of events is compared.
. "$(dirname "$0")/common.sh"
SPEED=20
PLUGINS=$WORK/certified
mkdir "$PLUGINS"
cp "$BUILT_PLUGINS/leaser.so" "$PLUGINS"
certify "$PLUGINS/leaser.so"
start_sim --seed 3 --speed "$SPEED"
MODE=paper live_files "$(agent one leaser.so 'jobs: 5, deed: keeps' '' ', gpu: {leases: {main: {budget: old_0.realtime, memory: 1MiB, share: 20%}}}')"
# A run takes 250 ms of real time, 5 s of the market's: were the longest chunk counted by that, each would hang. The first takes
# 2.5 s, and no worker ends what its shares allow.
cat >"$WORK/conf/slow.yaml" <<END
splits:
  normal: {inference: 60%, training: 40%}
chunk: 2s
END
sed -i 's/^agents:/gpu: {profile: s2_four_8gb, shares: slow.yaml, device: scripted, delay: 500ms, script: ["1 run 1 slow=2500, 0 run 0 slow=250"]}\nagents:/' "$WORK/conf/roster.yaml"
start_host
n_done() {
    "$AGON" journal cat "$WORK/run/journal" --live --json >"$WORK/cat" 2>/dev/null && [ "$(grep -c '"type":"job_done"' "$WORK/cat")" -ge "$1" ]
}
until_true "$HOST_PID" "five jobs" n_done 5
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
! grep 'it hung' "$WORK/host.err" || fail "a worker ended what its shares allow"
start_host # nothing is said twice
until_true "$HOST_PID" "five jobs more" n_done 10
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
"$AGON" journal cat "$WORK/run/journal" --json >"$WORK/cat" || fail "journal cat"
python3 - "$WORK/cat" 500000000 $SPEED >"$WORK/said" 2>&1 <<'EOF' || fail "a delay is not of real time: $(cat "$WORK/said")"
import json, sys
delay, speed = int(sys.argv[2]), int(sys.argv[3])
at, took, named = {}, [], 0
for e in map(json.loads, open(sys.argv[1])):
    if e["type"] == "job_request" and e["kind"] == "submit":
        at[e["job"]] = int(e["t"])
    elif e["type"] == "job_done":
        assert e["status"] == 0, e
        took.append(int(e["t"]) - at[e["job"]])
    elif e["type"] == "config" and e.get("kind") == "lease":
        named += 1
        assert e["speed_milli"] == speed * 1000 and int(e["delay_ns"]) == delay, e
assert named == 1, named
assert len(took) >= 10 and min(took) >= delay * speed, took
print("%d jobs, the quickest %.2f s of the market after its submission" % (len(took), min(took) / 1e9))
EOF
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/out" 2>&1 || fail "the journal does not replay: $(cat "$WORK/out")"
cat "$WORK/said"
