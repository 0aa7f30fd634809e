#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# embedded: profiles_embedded.h out of configs/gpu: every file there is in the program under its name.
#
#     embedded.sh FOLDER
set -eu
table() { # NAME FOLDER
    for file in "$2"/*.yaml; do
        name=$(basename "$file" .yaml)
        echo "EMBED(gpu_$1_$name, \"$file\");"
    done
    echo "static const struct { const char *name, *bytes, *end; } embedded_$1[] = {"
    for file in "$2"/*.yaml; do
        name=$(basename "$file" .yaml)
        echo "    {\"$name\", gpu_$1_$name, gpu_$1_${name}_end},"
    done
    echo "};"
}
table budgets "$1"
table shares "$1/shares"
