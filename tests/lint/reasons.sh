#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# reasons: the host's table of reasons and the SDK's enum name the same ids with the same numbers.
. "$(dirname "$0")/common.sh"

host=host/market/reasons.h
sdk=sdk/include/agon/codes.h
of_host=$(sed -nE 's/^ *X\(([A-Z_]+), ([0-9]+), .*/\1 \2/p' "$host")
of_sdk=$(sed -nE 's/^ *AGON_REASON_([A-Z_]+) = ([0-9]+).*/\1 \2/p' "$sdk")
[ -n "$of_host" ] || fault "$host: no rows found: has the table another form?"
while read -r side id number; do
    [ -z "$id" ] && continue
    case $side in
    '<') fault "$sdk: lacks AGON_REASON_$id = $number, which $host has" ;;
    '>') fault "$host: lacks $id $number, which $sdk has" ;;
    esac
done < <(diff <(sort <<<"$of_host") <(sort <<<"$of_sdk") | grep '^[<>]')
while read -r number; do
    fault "$host: number $number stands twice"
done < <(awk '{ print $2 }' <<<"$of_host" | sort | uniq -d)
finish
