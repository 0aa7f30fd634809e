#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# units: what systemd is given is what systemd understands, each option of their commands is one of the program's, and
# both bring their keys by LoadCredential.
. "$(dirname "$0")/common.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for name in agon agon-keeper; do
    from=packaging/systemd/$name.service.in
    unit=$work/$name.service
    sed "s|@bindir@|$build|; s|@plugindir@|$build/plugins|" "$from" >"$unit"
    for line in 'LoadCredential=' 'KillMode=' 'LimitCORE=0' 'NoNewPrivileges=yes' 'ProtectSystem=strict' 'Restart='; do
        grep -q "^$line" "$unit" || fault "$from: no line $line"
    done
    # Readiness and signs of life are asked of who gives them (host/sys/notify.h).
    [ "$name" = agon-keeper ] || for line in 'Type=notify' 'WatchdogSec='; do
        grep -q "^$line" "$unit" || fault "$from: no line $line"
    done
    read -r -a command < <(sed -n 's/^ExecStart=//p' "$unit")
    help=("${command[0]}" --help)
    [ "$name" = agon ] && help=("${command[0]}" "${command[1]}" --help)
    for word in "${command[@]}"; do
        case $word in
        --*) "${help[@]}" 2>&1 | grep -q -e "  $word " || fault "$from: ${help[*]} knows no $word" ;;
        esac
    done
    command -v systemd-analyze >/dev/null || continue
    # A machine without its manager cannot say what other units there are; of these two it can.
    said=$(SYSTEMD_UNIT_PATH=$work: systemd-analyze verify --man=no "$unit" 2>&1 | grep -F "$name.service")
    [ -z "$said" ] || fault "$said"
done
finish
