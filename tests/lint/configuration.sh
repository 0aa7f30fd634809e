#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# configuration: docs/configuration.md is what `agon config schema --markdown` prints.
. "$(dirname "$0")/common.sh"
agon=$AGON_BUILD_ROOT/agon
"$agon" config schema --markdown | diff -u docs/configuration.md - | head -20 | grep . &&
    fault "docs/configuration.md is not of these tables: agon config schema --markdown > docs/configuration.md"
finish
