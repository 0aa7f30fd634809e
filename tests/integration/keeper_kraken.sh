#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A host that trades on the simulated Kraken is killed: its keeper cancels what it left open, with nonces that rise over the host
# before it, the keeper, and the host behind it.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/kraken.sh"
. "$(dirname "$0")/keeper_side.sh"

start_kraken --seed 6
kraken_files "every: 10, scale: 1000"
printf 'YWdvbi1zaW0tc2VjcmV0LWFnb24tc2ltLXNlY3JldC0wMDAwMDAwMA\n' >"$WORK/canary"
keeper_kills kraken 'CancelAll|CancelOrder' 'EAPI:Invalid nonce'
