#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A host that meets its venue's connect limit while it starts names it while it waits, and goes on when the time has come.
. "$(dirname "$0")/common.sh"

start_sim --seed 5
live_files "$(agent busy_1 busy.so 'every: 2')"
# Four fifths of two thirds of three are fewer than the WebSockets of a host.
sed -i 's/{kind: connects, capacity: 300, window: 5m}/{kind: connects, capacity: 3, window: 8s}/' "$WORK/conf/venue.yaml"
start_host
until_true "$HOST_PID" "the limit is named" lines "$WORK/host.err" "waiting for the venue's connect limit, [0-9]* s" 1
until_true "$HOST_PID" "orders" lines "$SIM_LOG" '"what":"order.place"' 3
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
echo "the connect limit: named while it was waited for, then orders went out"
