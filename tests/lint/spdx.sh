#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# spdx: every source file names its licence in its first lines: MIT below sdk/, else Apache-2.0. What is vendored has a file of its own (vendored.sh).
. "$(dirname "$0")/common.sh"

# One pass: file, whether it is source, whether its first three lines name the licence.
while read -r file; do
    fault "$file: its head does not name its licence: SPDX-License-Identifier"
done < <(tracked_files | grep -vE '^(tests/fuzz/corpus|tests/data|host/dashboard/vendor)/' | tr '\n' '\0' |
    xargs -0 awk '
        function judge() { if (is_source && !has_line) print name }
        FNR == 1 {
            judge()
            name = FILENAME
            is_source = name ~ /\.([ch]|cu|js|sh)$/ || /^#!/
            # Plugins for tests of the SDK are written as an author writes them: either will do.
            want = name ~ /^sdk\// ? "MIT" : name ~ /^tests\/sdk\// ? "(MIT|Apache-2.0)" : "Apache-2.0"
            has_line = 0
        }
        FNR <= 3 && $0 ~ ("SPDX-License-Identifier: " want) { has_line = 1 }
        FNR > 3 { nextfile }
        END { judge() }')
finish
