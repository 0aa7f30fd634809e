#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# flox: builds FLOX's C API from its source in DIR, and the program that `agon bench backtest --file --vs flox=PROGRAM` runs.
#
#   tests/peers/flox.sh DIR PROGRAM     DIR: a checkout of FLOX; needs cmake and g++ 12
set -eu
[ $# = 2 ] && [ -e "$1/CMakeLists.txt" ] || { sed -n 's/^# \?//p' "$0" | sed 1d >&2; exit 2; }
here=$(dirname "$(readlink -f "$0")")
source=$(readlink -f "$1")
# Its own defaults: release, the machine's instructions. g++ 12 misses some of its includes.
cmake -S "$source" -B "$source/build-agon" -DFLOX_ENABLE_BACKTEST=ON -DFLOX_BUILD_VENUE=OFF -DFLOX_BUILD_CAPI=ON -DFLOX_ENABLE_LZ4=OFF \
    -DCMAKE_CXX_FLAGS="-include optional -include algorithm -include string -include vector -include functional -include memory -include array -include cmath"
cmake --build "$source/build-agon" --parallel "$(nproc)"
gcc -O2 -I"$source/include" "$here/flox.c" -L"$source/build-agon/src/capi" -lflox_capi -Wl,-rpath,"$source/build-agon/src/capi" -o "$2"
