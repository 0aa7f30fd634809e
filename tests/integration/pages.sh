#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each command that a page shows in a block works as it stands there, and prints something (tests/integration/pages.py).
. "$(dirname "$0")/common.sh"
for tool in meson ninja python3; do
    command -v $tool >/dev/null || { echo "skipped: needs $tool"; exit 77; }
done
python3 "$(dirname "$0")/pages.py" "$AGON" "$AGON_SOURCE_ROOT" "$WORK" ${PAGES-}
