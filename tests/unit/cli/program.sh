#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# program: the agon program as a shell sees it: exit codes, where it speaks, what it never prints.
agon=$AGON_BUILD_ROOT/agon
n_failed=0
fail() { echo "FAIL: $*"; n_failed=$((n_failed + 1)); }

# expect CODE STREAM TEXT ARGUMENT...: STREAM is out or err, TEXT a part of what it says.
expect() {
    local code=$1 stream=$2 text=$3 out err rc
    shift 3
    err=$("$agon" "$@" 2>&1 >/dev/null)
    out=$("$agon" "$@" 2>/dev/null)
    rc=$?
    [ "$rc" = "$code" ] || fail "agon $*: exit code $rc, not $code"
    case ${!stream} in *"$text"*) ;; *) fail "agon $*: '$text' is not in std$stream: ${!stream}" ;; esac
    [ "$code" = 0 ] || [ -z "$out" ] || fail "agon $*: a refusal on standard output"
    [ "$(wc -l <<<"$err")" -le 10 ] || fail "agon $*: more than 10 lines of usage"
    if LC_ALL=C grep -q $'[\x01-\x08\x0b-\x1f\x7f-\xff]' <<<"$err"; then
        fail "agon $*: a raw byte on the terminal"
    fi
}

expect 0 out 'Commands:'
expect 0 out 'Commands:' --help
expect 0 out 'Commands:' help
expect 0 out 'agon 0.' --version
expect 0 out 'libuv ' --version --features
expect 2 err 'unexpected argument' --version --feature
expect 2 err 'did you mean completion?' completoin
expect 2 err 'did you mean completion?' help completoin
expect 2 err 'unknown option --fooo' --fooo
expect 2 err 'did you mean --help?' completion --hlep
expect 2 err '\x1b[31m' $'\e[31mred'
expect 2 err '\xff' $'\xff'
expect 0 out 'complete ' completion bash
expect 0 out '#compdef agon' completion zsh
expect 0 out 'complete -c agon' completion fish
expect 2 err 'no completion for' completion ksh
# Every command answers --help without doing anything.
for command in $("$agon" completion words); do
    expect 0 out "usage: agon $command" "$command" --help
    expect 2 err 'unknown option --no-such-option' "$command" --no-such-option
done
bash -n <("$agon" completion bash) || fail 'the completion script is no bash'

"$agon" --help >/dev/full 2>/dev/null
[ $? = 6 ] || fail 'a full standard output is exit code 6'
# Who has read enough goes away: that is no error, and a check that failed stays one.
exec 3> >(:)
wait $!
err=$("$agon" config schema 2>&1 >&3 3>&-)
rc=$?
[ "$rc" = 0 ] && [ -z "$err" ] || fail "a reader that has gone is $rc: $err"
"$agon" no-such-command >&3 2>/dev/null 3>&-
[ $? = 2 ] || fail 'a refusal is one, whoever reads'
exec 3>&-
err=$("$agon" config schema 2>&1 >/dev/full)
[ -n "$err" ] || fail 'a full standard output is not named'
"$agon" --help >&- 2>/dev/null
[ $? = 6 ] || fail 'a closed standard output is exit code 6'
[ "$n_failed" = 0 ]
