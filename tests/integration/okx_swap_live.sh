#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# okx_live.sh for linear swaps: positions, margin and results are the exchange's.
KIND=swap
. "$(dirname "$0")/okx_live.sh"
