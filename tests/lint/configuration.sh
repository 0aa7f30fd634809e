#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# configuration: docs/configuration.md is what `agon config schema --markdown` prints, docs/metrics.md what `agon config metrics` does,
# docs/api-reference.md what `agon config api --markdown` does, the catalogue of docs/features.md what `agon features ls --markdown` does.
. "$(dirname "$0")/common.sh"
agon=$AGON_BUILD_ROOT/agon
"$agon" config schema --markdown | diff -u docs/configuration.md - | head -20 | grep . &&
    fault "docs/configuration.md is not of these tables: agon config schema --markdown > docs/configuration.md"
"$agon" config metrics | diff -u docs/metrics.md - | head -20 | grep . &&
    fault "docs/metrics.md is not of this table: agon config metrics > docs/metrics.md"
"$agon" config api --markdown | diff -u docs/api-reference.md - | head -20 | grep . &&
    fault "docs/api-reference.md is not of these tables: agon config api --markdown > docs/api-reference.md"
"$agon" features ls --markdown | diff -u <(grep '^| ' docs/features.md) - | head -20 | grep . &&
    fault "the catalogue of docs/features.md is not of this table: agon features ls --markdown"
# What is written has a row: a name of its own would be in no page.
grep -n '"agon_[a-z_]*[{"]' host/ops/*.c host/control/*.c | grep -v agon_web_ && fault "a metric beside the table of host/ops/metrics.h"
finish
