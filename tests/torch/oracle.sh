#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Models beside torch's (oracle.cpp): one architecture a commit, by turns; ./agon soak torch compares all.
#
#     oracle.sh PROGRAM [ARCHITECTURE...]
PROGRAM=$1
shift
[ -x "$PROGRAM" ] || { echo "libtorch is not there (Debian: libtorch-dev, g++)"; exit 77; }
if [ $# = 0 ]; then
    n=$(git -C "$AGON_SOURCE_ROOT" rev-parse HEAD 2>/dev/null | cut -c1-7)
    case $((0x${n:-0} % 4)) in
    0) set -- lstm lstm-head ;;
    1) set -- tcn ;;
    2) set -- transformer ;;
    *) set -- ppo ;;
    esac
fi
exec "$PROGRAM" "$@"
