#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# rotate: of ALL seeds, which some command runs whole, those SHARE that the commit decides on. Without a commit the first.
#
#     rotate.sh AGON ALL SHARE dst [FLAG...]
agon=$1 all=$2 share=$3
shift 3
commit=$(git -C "${AGON_SOURCE_ROOT:-.}" rev-parse --short=7 HEAD 2>/dev/null || echo 0)
first=$((0x$commit % (all / share) * share + 1))
echo "seeds from $first on, $share of $all"
exec "$agon" "$@" --first "$first" --seeds "$share"
