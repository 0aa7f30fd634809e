#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Names of authors' reasons are in the journal, each of its generation (ADR 154): an agent is reloaded to a plugin that has other names
# for its reasons, and the host is killed. What was traded before the reload keeps what it was shown by, before the kill and behind it;
# a report and an export of the journal alone have for each trade the name that it had when it was made.
. "$(dirname "$0")/common.sh"
command -v jq >/dev/null || {
    echo "skipped: needs jq"
    exit 77
}
ctl() { "$AGON" ctl "$@" --dir "$WORK/run" --json; }
filled() { # N AFTER: so many fills behind an event
    ctl fills one >"$WORK/look" 2>/dev/null && jq -e "map(select(.seq > $2 and .tag != \"\" and .tag != \"3\")) | length >= $1" "$WORK/look" >/dev/null
}
start_sim --seed 3 --speed 20
SPEED=20 live_files "$(agent one busy.so 'every: 10' '' ', orders_on_reload: cancel')"
start_host
until_true "$HOST_PID" "fills" filled 6 0
ctl reload one "$PLUGINS/busy_again.so" >"$WORK/said" || fail "reload: $(cat "$WORK/said")"
at=$(ctl reloads | jq '.[0].seq')
until_true "$HOST_PID" "fills of the next" filled 6 "$at"
# What it holds it entered before; closed by the host, it is a trade.
ctl flatten one --timeout 10m >"$WORK/said" || fail "flatten: $(cat "$WORK/said")"
is_closed() { ctl closed one >"$WORK/look" 2>/dev/null && jq -e 'length > 0' "$WORK/look" >/dev/null; }
until_true "$HOST_PID" "a closed trade" is_closed
ctl kill "a look at all of it" >/dev/null || fail "no kill switch"
none_open() { ctl orders >"$WORK/look" 2>/dev/null && jq -e '. == []' "$WORK/look" >/dev/null; }
until_true "$HOST_PID" "no order is open" none_open
kill -STOP "$SIM_PID"
ctl closed one >"$WORK/before" && ctl ended one >"$WORK/ended" || fail "no lists"
seen=$(ctl status | jq '.events') || fail "no status"
on_disk() { [ "$(ctl status 2>/dev/null | jq '.durable_seq')" -ge "$seen" ] 2>/dev/null; }
until_true "$HOST_PID" "what was seen is on the disk" on_disk
ctl fills one >"$WORK/fills" || fail "no fills"
kill -9 "$HOST_PID"
wait "$HOST_PID" 2>/dev/null

# The journal alone, while nobody runs.
"$AGON" report "$WORK/run" --json >"$WORK/report.json" 2>"$WORK/err" || fail "report: $(cat "$WORK/err")"
"$AGON" journal export "$WORK/run" --fills "$WORK/fills.csv" --intents "$WORK/intents.csv" || fail "no export"
"$AGON" journal cat "$WORK/run" --type begin --json >"$WORK/begins" || fail "journal cat"
[ "$(jq -cs 'map(.tags)' "$WORK/begins")" = '[["odd_look","even_look"],["odd_again","even_again"]]' ] || fail "names in the journal: $(jq -c .tags "$WORK/begins")"
# From there on, and not from the order to reload.
at=$(jq -s '.[1].seq | tonumber' "$WORK/begins")
jq -e --argjson at "$at" 'all(.[]; if .tag == "" then true elif .seq < $at then .tag | test("^[123]$") else .tag == "3" or (.tag | endswith("_again")) end) and
    any(.[]; .seq < $at and (.tag | test("^[12]$"))) and any(.[]; .tag | endswith("_again"))' "$WORK/fills" >/dev/null ||
    fail "names before the kill, reloaded at $at: $(jq -c '[.[] | [.seq, .tag]]' "$WORK/fills")"
python3 - "$WORK" "$at" <<'END' || fail "names of another generation"
import csv, json, sys
folder, at = sys.argv[1], int(sys.argv[2])
names = {False: {"": "", "0": "", "1": "odd_look", "2": "even_look"}, True: {"": "", "0": "", "1": "odd_again", "2": "even_again"}}
fills, intents = (list(csv.DictReader(open(f"{folder}/{name}.csv"))) for name in ("fills", "intents"))
for row in fills + intents:
    assert row["tag_name"] == names[int(row["seq"]) > at].get(row["tag"], ""), row  # of 3 there is no name
assert {row["tag_name"][-5:] for row in fills} >= {"_look", "again"}, "one generation has no fills"
shown = {str(row["seq"]): row["tag"] for row in json.load(open(f"{folder}/fills"))}
both = [row for row in fills if row["seq"] in shown]
assert len(both) >= 12, len(both)
for row in both:
    assert shown[row["seq"]] == (row["tag"] if int(row["seq"]) < at else row["tag_name"] or row["tag"]).replace("0", ""), (row, shown[row["seq"]])
# A trade is named by its first fill.
trades, before = json.load(open(f"{folder}/report.json"))["trades"], json.load(open(f"{folder}/before"))
first = {row["time"][:23]: row for row in reversed(fills)}
assert len(trades) == len(before) > 0, (len(trades), len(before))
for trade, row in zip(trades, before):
    mine = first[trade["opened"][:23]]
    assert trade["entry_tag"] == (mine["tag_name"] or mine["tag"]), (trade, mine)
    assert row["entry_tag"] == (mine["tag"] if int(mine["seq"]) < at else trade["entry_tag"]), (row, mine)
END

# Behind the kill each is shown as it was.
start_host
until_true "$HOST_PID" "the next start" is_closed
for list in closed ended fills; do
    ctl $list one >"$WORK/after_$list" || fail "no $list"
done
cmp "$WORK/fills" "$WORK/after_fills" || fail "fills: $(diff <(jq . "$WORK/fills") <(jq . "$WORK/after_fills") | head)"
cmp "$WORK/before" "$WORK/after_closed" || fail "closed trades: $(diff <(jq . "$WORK/before") <(jq . "$WORK/after_closed") | head)"
jq 'map([.id, .tag])' "$WORK/ended" >"$WORK/ended.tags"
jq --slurpfile was "$WORK/ended" '($was[0] | map(.id)) as $ids | map(select(.id as $id | $ids | index($id)) | [.id, .tag])' "$WORK/after_ended" | cmp - "$WORK/ended.tags" ||
    fail "ended orders have other tags"
kill -CONT "$SIM_PID"
echo "names of two generations are the same before and behind a kill, and in the journal"
