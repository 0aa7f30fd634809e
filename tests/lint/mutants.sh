#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# mutants: each planted bug still goes into the tree, says where it is tried, and is one in the product: a bug in what
# judges would be found by no better judge. A line "# author: blind" says that who planted it had not read what judges:
# who knows the judge plants what it sees, so a third of those that are found has to be of such.
. "$(dirname "$0")/common.sh"
table=tests/dst/mutants/README.md

shopt -s nullglob
found=(tests/dst/mutants/*.patch)
open=(tests/dst/mutants/open/*.patch)

# Of each patch what is wrong with it. What stands in its files as it says, applies; of any other patch(1) is asked, which
# also takes what has drifted.
while IFS= read -r line; do
    fault "$line"
done < <(python3 -S - "$table" "${found[@]}" "${open[@]}" <<'END'
import fnmatch, os, re, subprocess, sys

table = open(sys.argv[1], encoding="utf-8", errors="replace").read().splitlines()
rows = {line.split("`")[1] for line in table if re.match(r"\| `[^`]*` ", line)}
sources = {}

def source(path):
    if path not in sources:
        with open(path, "rb") as file:
            sources[path] = file.read().split(b"\n")
    return sources[path]

def hunk_at(have, want, guess, begin):
    """Where the hunk stands, nearest to the guess, not before begin; -1: nowhere."""
    n = len(want)
    places = [at for at in range(begin, len(have) - n + 1) if have[at] == want[0] and have[at:at + n] == want]
    return min(places, key=lambda at: (abs(at - guess), at < guess), default=-1)

def stands(lines):
    """Is each hunk of this patch in its file, word for word? None of what is not plain is."""
    path, paths, at, moved, begin = None, set(), 0, 0, 0
    while at < len(lines):
        line = lines[at]
        if line.startswith((b"rename ", b"new file", b"deleted file", b"GIT binary", b"Binary ", b"*** ", b"Index:")):
            return False
        if line.startswith(b"--- "):
            names = [re.match(rb"(?:---|\+\+\+) [ab]/(\S+)$", text) for text in lines[at:at + 2]]
            if len(names) < 2 or not all(names) or names[0][1] != names[1][1] or names[0][1] in paths:
                return False
            path, moved, begin = names[0][1], 0, 0
            paths.add(path)
            if not os.path.isfile(path):
                return False
            at += 2
            continue
        if not line.startswith(b"@@"):
            at += 1
            continue
        counts = re.match(rb"@@ -(\d+)(?:,(\d+))? \+\d+(?:,(\d+))? @@", line)
        if not counts or path is None:
            return False
        n_old, n_new = int(counts[2] or 1), int(counts[3] or 1)
        want, signs, at = [], b"", at + 1
        while n_old > 0 or n_new > 0:
            if at >= len(lines) or lines[at][:1] not in (b" ", b"-", b"+"):
                return False
            sign = lines[at][:1]
            signs += sign
            n_old -= sign != b"+"
            n_new -= sign != b"-"
            if sign != b"+":
                want.append(lines[at][1:])
            at += 1
        have = source(path)
        before, behind = (len(text) - len(text.lstrip(b" ")) for text in (signs, signs[::-1]))
        if n_old or n_new or not want or have[-1] != b"" or before == len(signs):
            return False
        guess = int(counts[1]) - 1 + moved
        found = hunk_at(have[:-1], want, guess, begin)
        if found < 0 or (before != behind and found != guess):
            return False
        moved, begin = moved + found - guess, found + len(want)
    return bool(paths)

for patch in sys.argv[2:]:
    with open(patch, "rb") as file:
        data = file.read()
    lines = data.split(b"\n")
    text = [line.decode("utf-8", "replace") for line in lines]
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
    if "/open/" not in patch and os.path.basename(patch)[:-len(".patch")] not in rows:
        print(f"{patch}: is in no row of {sys.argv[1]}: who finds it?")
    if not stands(lines):
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
