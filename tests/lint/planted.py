#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""planted: each planted bug of tests/dst/mutants and tests/unit/*/mutants still compiles, with this build's own commands and no warning: a patch that goes
into the tree somewhere else than where it was meant, or calls what has another name by now, would be found by its compiler."""
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT, BUILD = os.environ["AGON_SOURCE_ROOT"], os.environ["AGON_BUILD_ROOT"]


def commands(copy):
    """By file below the root: how it is compiled, without an output, out of the copy."""
    found = {}
    with open(os.path.join(BUILD, "compile_commands.json"), encoding="utf-8") as file:
        entries = json.load(file)
    for entry in entries:
        path = os.path.relpath(os.path.join(entry["directory"], entry["file"]), ROOT)
        up = os.path.relpath(ROOT, entry["directory"]) + "/"
        line = re.sub(r"^(\S*ccache) ", "", entry["command"])
        line = re.sub(r" -MD -MQ \S+ -MF \S+| -o \S+", "", line)
        found[path] = (line.replace(up, copy + "/").replace(ROOT + "/", copy + "/") + " -fsyntax-only -Werror", entry["directory"])
    return found


def main():
    if shutil.which("patch") is None:
        print("needs patch")
        return 77
    with tempfile.TemporaryDirectory() as copy:
        for folder in ("host", "sdk", "plugins"):
            shutil.copytree(os.path.join(ROOT, folder), os.path.join(copy, folder), symlinks=True)
        how = commands(copy)
        n, faults = 0, []
        for patch in sorted(glob.glob(os.path.join(ROOT, "tests/dst/mutants/*.patch")) + glob.glob(os.path.join(ROOT, "tests/unit/*/mutants/*.patch"))):
            with open(patch, "rb") as file:
                data = file.read()
            apply = ["patch", "-d", copy, "-p1", "-s", "-f"]
            if subprocess.run(apply, input=data, capture_output=True, check=False).returncode != 0:
                continue  # lint_mutants says so
            for path in re.findall(r"^\+\+\+ b/(\S+\.c)$", data.decode("utf-8", "replace"), re.M):
                if path not in how:
                    continue  # of a table that another file includes
                line, where = how[path]
                done = subprocess.run(line, shell=True, cwd=where, capture_output=True, text=True, check=False)
                n += 1
                if done.returncode != 0:
                    said = [text for text in done.stderr.split("\n") if "error" in text]
                    faults.append(f"{os.path.relpath(patch, ROOT)}: {path}: {said[0] if said else done.stderr[:200]}")
            subprocess.run(apply + ["-R"], input=data, capture_output=True, check=False)
    for fault in faults:
        print(fault.replace(copy + "/", ""))
    print(f"{n} planted bugs compiled, {len(faults)} faults")
    return 1 if faults or n < 100 else 0


if __name__ == "__main__":
    sys.exit(main())
