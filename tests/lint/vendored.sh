#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# vendored: what others wrote and the tree carries is what they published, byte for byte, and whoever gets the program reads
# whose it is: its licence, with the version, on the page and in the packages.
. "$(dirname "$0")/common.sh"

at=host/dashboard/vendor/uplot
(cd "$at" && sha256sum --quiet --strict -c SHA256SUMS) || fault "$at: not as it was published (SHA256SUMS)"
for file in "$at"/*; do
    case ${file##*/} in README.txt | SHA256SUMS) continue ;; esac
    grep -q "  ${file##*/}\$" "$at/SHA256SUMS" || fault "$file: SHA256SUMS does not have it"
done
version=$(sed -nE '1s/^(uPlot [0-9.]+[0-9]),.*/\1/p' "$at/README.txt")
[ -n "$version" ] || fault "$at/README.txt:1: no version"
for file in host/dashboard/web/licences.txt packaging/debian/copyright; do
    grep -q "$version" "$file" || fault "$file: does not name $version"
done
# The licence's text as it is, on the page that the program serves.
python3 - "$at/LICENSE" host/dashboard/web/licences.txt <<'PY' || fault "host/dashboard/web/licences.txt: not the text of $at/LICENSE"
import sys
licence, page = (' '.join(open(name).read().split()) for name in sys.argv[1:])
sys.exit(licence not in page)
PY
finish
