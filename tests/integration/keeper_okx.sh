#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A host that trades on the simulated OKX is killed: its keeper cancels what it left open.
. "$(dirname "$0")/common.sh"
KIND=spot
. "$(dirname "$0")/okx.sh"
. "$(dirname "$0")/keeper_side.sh"

start_sim --venue okx --seed 6
okx_files
echo 'passphrase: agon-sim-pass' >>"$WORK/credentials/sim"
printf 'YWdvbi1zaW0tc2VjcmV0LWFnb24tc2ltLXNlY3JldC0wMDAwMDAwMA\nagon-sim-pass\n' >"$WORK/canary"
keeper_kills okx 'trade/cancel-batch-orders' '"code":5[0-9]*[,}]'
