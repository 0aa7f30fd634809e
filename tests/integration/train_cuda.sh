#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# train_card.sh on a card of this machine. Skipped where there is none.
[ -e /dev/nvidia0 ] || {
    echo "skipped: needs a card"
    exit 77
}
AGON_CARD=cuda exec sh "$(dirname "$0")/train_card.sh" "$@"
