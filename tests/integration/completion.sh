#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# bash, zsh and fish complete commands, options, verbs, and the agents and symbols of a running host, from the script that
# `agon completion` prints. A shell that is not there is left out, and said; bash is there.
. "$(dirname "$0")/common.sh"
start_sim --seed 3
live_files "$(agent busy_1 busy.so 'every: 20')
$(agent other_2 busy.so 'every: 25')"
start_host
answers() { "$AGON" ctl books --dir "$WORK/run" --json 2>/dev/null | jq -e 'length == 2' >/dev/null; }
until_true "$HOST_PID" "the host answers" answers
mkdir "$WORK/bin"
printf '#!/bin/sh\nexec %s "$@"\n' "$(readlink -f "$AGON")" >"$WORK/bin/agon"
chmod +x "$WORK/bin/agon"
export PATH="$WORK/bin:$PATH"

# What each shell's own machinery makes of the words of a line, the last one not finished.
in_bash() {
    bash -c 'source <(agon completion bash); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _agon; printf "%s\n" "${COMPREPLY[@]}"' bash "$@"
}
in_zsh() { # compadd is asked what it was given
    zsh -fc 'autoload -Uz compinit && compinit -D; source <(agon completion zsh)
        compadd() { print -l -- "${(@P)@[-1]}" }; _files() { :; }; words=("$@"); CURRENT=$#; _agon' zsh "$@" 2>&1
}
in_fish() {
    fish --no-config -c 'agon completion fish | source; complete -C (string join " " -- $argv)' -- "$@" | cut -f 1
}
n_shells=0
for shell in bash zsh fish; do
    command -v $shell >/dev/null || {
        echo "left out: $shell is not here"
        continue
    }
    n_shells=$((n_shells + 1))
    gives() { # WANT WORD...: WANT, sorted, with spaces between
        want=$1
        shift
        got=$(in_$shell agon "$@" | sort | tr '\n' ' ')
        [ "$got" = "$want " ] || fail "$shell: agon $*: '$got' instead of '$want'"
    }
    gives 'backtest backup bench' b
    gives 'restore' backup r
    gives 'dry-run history measures presets show why' tournament ''
    gives 'bold cautious default' tournament presets ''
    gives 'cat export send stats' journal ''
    gives 'api check metrics schema' config ''
    gives 'make show' tape ''
    gives 'bash fish zsh' completion ''
    gives '--seconds --seed' demo --se
    gives 'halt halts' ctl hal
    gives 'dry-run history show undo why' ctl tournament ''
    gives 'busy_1' ctl --dir "$WORK/run" agent b
    gives 'BTCUSDT' ctl --dir "$WORK/run" books B
    gives 'other_2' ctl --dir "$WORK/run" reload o
    gives 'debug error info warn' ctl log level ''
    gives 'random-walk rebound regimes' sim --market r
    gives 'fills' ctl export f
done
# Every verb stands in the help, once, below the head of a group.
"$AGON" help ctl >"$WORK/help"
"$AGON" ctl help | cmp -s - "$WORK/help" || fail "ctl help is not help ctl"
for group in 'Look:' 'Stop and go on:' 'Code of agents:' 'Roster and capital:' 'Alerts and log:' 'Beside the host:'; do
    lines "$WORK/help" "^$group\$" 1 || fail "no group $group: $(cat "$WORK/help")"
done
for verb in $("$AGON" completion next ctl ''); do
    lines "$WORK/help" "^  $verb " 1 || fail "the help of ctl lacks $verb"
done
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
echo "$n_shells shells"
