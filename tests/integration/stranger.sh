#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A stranger's plugin that passes the checks for inproc and makes system calls of its own, in a backtest: nothing that it
# tries has an effect, the run ends with a message that names the call and what to do instead, and nothing is half
# written. What a backtest writes otherwise is whole, and the same as ever.
. "$(dirname "$0")/common.sh"
is_sanitized && {
    echo "skipped: a sanitizer's build has no sandbox"
    exit 77
}
AGON=$(realpath "$AGON")
cd "$WORK" || exit 1
STRANGER=$BUILT_PLUGINS/stranger.so

# play ARGUMENT...: a backtest; its exit status in CODE
play() {
    rm -rf out page.html journal
    "$AGON" backtest "$@" --seed 3 --for 2m --csv out --html page.html --journal journal >stdout 2>stderr
    CODE=$?
}

# One that does nothing: all is written, under its own name.
play "$STRANGER"
[ $CODE = 0 ] || fail "a plugin that does nothing: $CODE, $(cat stderr)"
for file in out/agents.csv out/fills.csv out/equity.csv page.html stdout; do
    [ -s "$file" ] || fail "$file is not written"
done
[ "$(ls | sort | tr '\n' ' ')" = "journal out page.html stderr stdout " ] || fail "left behind: $(ls)"
[ "$(ls out | wc -l)" = 3 ] || fail "left behind: $(ls out)"
"$AGON" replay journal --verify >/dev/null || fail "the journal that a worker's parent wrote does not replay"

# refused DEED MOMENT TEXT: it is ended by that call, and the message says so
refused() {
    echo untouched >kept
    play "$STRANGER" --param "deed=$1" "moment=$2"
    [ $CODE = 1 ] || fail "$1 at $2: ended with $CODE: $(cat stderr)"
    grep -q "the run ended in the plugin of slot [a-z_]*, .*stranger.so: $3" stderr || fail "$1 at $2: $(cat stderr)"
    [ ! -e stranger.was.here ] || fail "$1 at $2: a file of its own is there"
    [ ! -s stdout ] || fail "$1 at $2: half a report: $(head -3 stdout)"
    [ ! -e page.html ] && [ -z "$(find . -name "*.new-*" -o -path "./out/*")" ] || fail "$1 at $2: half written: $(ls . out)"
    echo "$1 at $2: $(sed -n 's/.*stranger.so: //p' stderr)"
}
for moment in start event stop; do
    refused open $moment 'forbidden system call 257 (openat: a plugin has no files'
done
refused socket event 'forbidden system call 41 (socket: a plugin has no network'
refused kill event "forbidden system call 62 (kill: other processes are out of a plugin's reach), at event 100 of the slot, instruction 0x[0-9a-f]* of its file"
refused fork event 'forbidden system call 57 (fork: a plugin starts no process'
refused code event 'forbidden system call 9 (mmap: no memory becomes code after the start'
refused limit event "forbidden system call 302 (prlimit64: other processes are out of a plugin's reach"
refused requeue event 'forbidden system call 202 (futex: of a futex a plugin may wait'
refused segv event 'signal 11 (Segmentation fault), after event 100 of the slot, instruction 0x[0-9a-f]* of its file'

# A report that was there stays as it was.
play "$STRANGER"
cp page.html before.html
"$AGON" backtest "$STRANGER" --param deed=open moment=stop --seed 3 --for 1m --html page.html >/dev/null 2>&1
cmp -s page.html before.html || fail "a run that was ended changed an earlier report"

# It may write to what is open, and a terminal is shown no control characters of its.
play "$STRANGER" --param deed=print moment=event
[ $CODE = 0 ] || fail "print: ended with $CODE: $(cat stderr)"
grep -q 'stranger? printed' stdout && grep -q 'stranger? printed' stderr || fail "what it printed is not there"
! grep -q "$(printf '\033')" stdout stderr || fail "an escape sequence of a plugin reaches the terminal"

# In a process of its own the same, and the run goes on without it.
"$AGON" backtest "$STRANGER" --runner process --param deed=open moment=event --seed 3 --for 2m >stdout 2>stderr
[ $? = 1 ] || fail "process: $(cat stderr)"
[ ! -e stranger.was.here ] || fail "process: a file of its own is there"

# Several of one worker, each with its own statics.
"$AGON" backtest "$STRANGER" "$BUILT_PLUGINS/busy.so" "$BUILT_PLUGINS/busy.so" --seed 3 --for 2m --json >stdout 2>stderr ||
    fail "three in one worker: $(cat stderr)"

# A benchmark of somebody's plugin calls it in a worker too.
"$AGON" bench dispatch --quick --json --plugin "$BUILT_PLUGINS/once.so" >stdout 2>stderr || fail "bench: $(cat stderr)"
jq -e '.failed == 0' stdout >/dev/null || fail "bench: $(cat stdout)"
"$AGON" bench dispatch --quick --plugin "$BUILT_PLUGINS/stranger_open.so" >stdout 2>stderr && fail "bench: a stranger's plugin passed"
grep -q 'stranger_open.so: forbidden system call 257 (openat' stderr || fail "bench: $(cat stderr)"
[ ! -e stranger.was.here ] || fail "bench: a file of its own is there"

# One that measures reloads calls it in a process of its own, unless it is trusted.
"$AGON" bench reload --quick --plugin "$BUILT_PLUGINS/stranger_open.so" >stdout 2>stderr && fail "bench reload: a stranger's plugin passed"
grep -q 'inproc is left out: inproc takes a certificate' stderr && grep -q 'forbidden system call 257 (openat' stderr ||
    fail "bench reload: $(cat stderr)"
[ ! -e stranger.was.here ] || fail "bench reload: a file of its own is there"
