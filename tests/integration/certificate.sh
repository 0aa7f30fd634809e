#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a host refuses or ends, `agon validate` refuses, in the same sandbox and by the same name. And a live host calls
# no plugin in its own process without a certificate that fits the file: without one the slot is suspended, with what to
# do, and the others trade.
. "$(dirname "$0")/common.sh"
BUILT=$PLUGINS
PLUGINS=$WORK/plugins
mkdir "$PLUGINS"

# refused FILE TEXT: validate refuses it, and says so
refused() {
    "$AGON" validate "$1" >"$WORK/out" 2>&1
    [ $? = 1 ] || fail "validate passes $1: $(cat "$WORK/out")"
    grep -q "^ *error .*$2" "$WORK/out" || fail "validate on $1 does not say '$2': $(grep -e error -e agon "$WORK/out")"
}
if ! is_sanitized; then
    n=0
    for row in limit:prlimit64 filter:prctl landlock:landlock_restrict_self orphan:prctl open:openat stat:newfstatat \
        code:mmap affinity:sched_getaffinity kill:kill process:vfork; do
        refused "$FAULTY_DIR/hostile_${row%%:*}.so" "forbidden system call [0-9]* ([a-z_0-9]*${row#*:}"
        n=$((n + 1))
    done
    for row in open:openat socket:socket kill:kill fork:fork code:mmap limit:prlimit64 requeue:futex; do
        refused "$BUILT/stranger_${row%%:*}.so" "forbidden system call [0-9]* (${row#*:}: "
        n=$((n + 1))
    done
    refused "$BUILT/stranger_segv.so" 'signal 11 (Segmentation fault)'
    refused "$BUILT/stranger_spin.so" 'event [0-9]* took [0-9]* ms of processor time'
    echo "$((n + 2)) plugins that a host would refuse or end: all refused, by name"
fi

# Who passes gets a certificate, and nobody else.
cp "$BUILT/busy.so" "$BUILT/busy_again.so" "$BUILT/stranger_segv.so" "$FAULTY_DIR/clock.so" "$PLUGINS/"
AGON=$(realpath "$AGON")
TOOLS=$(realpath "$(dirname "$TOOLS")")/$(basename "$TOOLS")
cd "$PLUGINS" || exit 1
for bad in stranger_segv clock; do
    "$AGON" validate --certify "$bad.so" >"$WORK/out" 2>&1
    [ $? = 1 ] || fail "$bad is certified: $(cat "$WORK/out")"
    [ ! -e "$bad.so.cert" ] || fail "$bad has a certificate"
done
"$AGON" validate busy.so --operator me >"$WORK/out" 2>&1 && fail "an operator of no certificate"
"$AGON" validate busy.so --certify --operator "$(printf 'two\nlines')" >"$WORK/out" 2>&1 && fail "an operator of two lines"
"$AGON" validate --certify --operator 'A. Nother' busy.so --json >"$WORK/out" || fail "no certificate: $(cat "$WORK/out")"
[ "$(jq -r '.files[0].certificate' "$WORK/out")" = busy.so.cert ] || fail "the report: $(cat "$WORK/out")"
grep -q '^operator: A. Nother$' busy.so.cert && grep -q '^check val-r37: ok$' busy.so.cert &&
    grep -q '^date: 20[0-9-]*T[0-9:.]*Z$' busy.so.cert && grep -q '^plugin: org.agon.test.busy ' busy.so.cert ||
    fail "the certificate: $(cat busy.so.cert)"

# A host takes the one that fits, and no other.
ctl() { "$AGON" ctl "$@" --dir "$WORK/run"; }
is() { # QUERY WORD...: is that true of what ctl says?
    query=$1
    shift
    ctl "$@" --json >"$WORK/out" 2>/dev/null && jq -e "$query" "$WORK/out" >/dev/null
}
suspended() { # SLOT REASON: with that reason, in answers and in the journal
    is ".agent.state == \"SUSPENDED\" and (.agent.failure | test(\"$2\"))" agent "$1" &&
        "${TOOLS}facts" "$WORK/run/journal" 2>/dev/null | grep -q "^slot $1 2 65 "
}
trades() { is ".agent.state == \"active\" and .agent.orders >= $2" agent "$1"; }
cp busy.so bare.so
cp busy_again.so other.so && cp busy.so.cert other.so.cert
cp busy.so edited.so && sed 's/^operator: .*/operator: Somebody/' busy.so.cert >edited.so.cert
cp busy.so old.so && sed 's/^agon certificate 1/agon certificate 0/' busy.so.cert >old.so.cert
cp busy.so cut.so && head -c 200 busy.so.cert >cut.so.cert
cd "$WORK" || exit 1
start_sim --seed 3
inside=', runner: inproc'
live_files "$(agent good busy.so 'every: 10' '' "$inside")
$(agent apart bare.so 'every: 10')
$(agent bare bare.so 'every: 10' '' "$inside")
$(agent other other.so 'every: 10' '' "$inside")
$(agent edited edited.so 'every: 10' '' "$inside")
$(agent old old.so 'every: 10' '' "$inside")
$(agent cut cut.so 'every: 10' '' "$inside")"
start_host
for name in good apart; do
    until_true "$HOST_PID" "$name trades" trades $name 5
done
for row in bare:'is not there: .agon validate --certify bare.so. makes it' other:'is another file' edited:'was changed' \
    old:'was changed' cut:'was changed'; do
    until_true "$HOST_PID" "${row%%:*} is suspended" suspended "${row%%:*}" "${row#*:}"
done
grep -q '"key":"plugin-refused".*slot bare is suspended.*inproc takes a certificate' "$WORK/host.err" || fail "the log does not say why"

# So does a reload: without one nothing changes, with one the slot is active.
ctl reload bare >"$WORK/out" 2>&1 && fail "a reload takes what has none"
grep -q 'inproc takes a certificate' "$WORK/out" || fail "the reload: $(cat "$WORK/out")"
ctl reload good "$PLUGINS/bare.so" >"$WORK/out" 2>&1 && fail "a reload of one that plays takes what has none"
is '.agent.state == "active" and .agent.generation == 1' agent good || fail "after a refused reload: $(cat "$WORK/out")"
certify "$PLUGINS/bare.so"
ctl reload bare >"$WORK/out" 2>&1 || fail "with a certificate: $(cat "$WORK/out")"
until_true "$HOST_PID" "bare trades" trades bare 5
# The file is another than the one that was checked.
printf x >>"$PLUGINS/bare.so"
ctl reload bare >"$WORK/out" 2>&1 && fail "a file that was changed is taken"
grep -q "bare.so.cert is another file's" "$WORK/out" || fail "a changed file: $(cat "$WORK/out")"
trades bare 5 || fail "after that: $(cat "$WORK/out")"

# And an agent that is added.
cp "$BUILT/busy_again.so" "$PLUGINS/late.so"
{ cat "$WORK/conf/roster.yaml"; agent late late.so 'every: 10' '' "$inside"; } >"$WORK/new.yaml"
ctl apply "$WORK/new.yaml" >"$WORK/out" 2>&1
grep -q 'inproc takes a certificate' "$WORK/out" || fail "an agent without one is added: $(cat "$WORK/out")"
! trades late 1 || fail "an agent without a certificate trades"
certify "$PLUGINS/late.so"
ctl apply "$WORK/new.yaml" >"$WORK/out" 2>&1 || fail "with a certificate: $(cat "$WORK/out")"
until_true "$HOST_PID" "late trades" trades late 5
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal does not replay"
echo "one that fits is taken; none, another's, one that was edited, and one that is cut are not"
