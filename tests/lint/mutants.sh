#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# mutants: each planted bug still goes into the tree, says where it is tried, and is one in the product: a bug in what
# judges would be found by no better judge. A line "# author: blind" says that who planted it had not read what judges:
# who knows the judge plants what it sees, so a third of those that are found has to be of such. Bugs of one library that
# its own tests find lie beside these, in tests/unit/NAME/mutants with a table of their own; that share is not asked of them.
. "$(dirname "$0")/common.sh"
table=tests/dst/mutants/README.md

shopt -s nullglob
found=(tests/dst/mutants/*.patch)
open=(tests/dst/mutants/open/*.patch)
unit=(tests/unit/*/mutants/*.patch)

# Of each patch what is wrong with it. patch(1) also takes what has drifted.
while IFS= read -r line; do
    fault "$line"
done < <(python3 -S - "$table" "${found[@]}" "${open[@]}" "${unit[@]}" <<'END'
import fnmatch, os, re, subprocess, sys

rows = {}
for table in {sys.argv[1]} | {os.path.dirname(patch) + "/README.md" for patch in sys.argv[2:] if patch.startswith("tests/unit/")}:
    lines = open(table, encoding="utf-8", errors="replace").read().splitlines()
    rows[os.path.dirname(table)] = {line.split("`")[1] for line in lines if re.match(r"\| `[^`]*` ", line)}
for patch in sys.argv[2:]:
    with open(patch, "rb") as file:
        data = file.read()
    text = data.decode("utf-8", "replace").split("\n")
    if not re.fullmatch(r"# lane:( (message|bytes|ambiguous|test:[a-z0-9_]+))+", text[0]):
        print(f"{patch}:1: names no lane")
    for path in (found[1] for found in map(re.compile(r"\+\+\+ b/(\S*)").match, text) if found):
        if fnmatch.fnmatchcase(path, "host/dst/*") or fnmatch.fnmatchcase(path, "host/cli/*dst*"):
            print(f"{patch}: changes {path}, which judges")
        elif not path.startswith("host/"):
            print(f"{patch}: changes {path}, which is not the product")
        if not os.path.exists(path):
            print(f"{patch}: {path} is not there")
    # Of open/ nothing finds it yet.
    if "/open/" not in patch and os.path.basename(patch)[:-len(".patch")] not in rows[os.path.dirname(patch)]:
        print(f"{patch}: is in no row of {os.path.dirname(patch)}/README.md: who finds it?")
    done = subprocess.run(["patch", "-d", ".", "-p1", "-s", "-f", "--dry-run"], input=data, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        said = done.stdout.decode("utf-8", "replace").rstrip("\n").split("\n")[0]
        print(f"{patch}: does not apply: {said}")
END
)
blind() { # PATCH...: how many of them say so
    grep -lxF '# author: blind' /dev/null "$@" | wc -l
}
n_found=$(blind "${found[@]}")
n_open=$(blind "${open[@]}")
n_blind=$((n_found + n_open))
echo "$((${#found[@]} + ${#open[@]})) planted bugs, $n_blind of them by somebody who had not read the oracles"
echo "a seed is known that finds ${#found[@]} of all and $n_found of those; ${#open[@]} and $n_open wait in open/"
[ $((3 * n_found)) -ge ${#found[@]} ] ||
    fault "tests/dst/mutants: of ${#found[@]} that are found $n_found say \"# author: blind\", and a third has to"
# What the table lists is there; tests/dst/mutants.sh -l makes it anew.
while read -r name; do
    [ -e "tests/dst/mutants/$name.patch" ] || fault "$table: lists $name, which is not there"
done < <(sed -n 's/^| `\([a-z0-9-]*\)` .*/\1/p' "$table")
finish
