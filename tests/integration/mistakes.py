#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""mistakes: makes each mistake of mistakes.txt, and judges what the operator is told.

    mistakes.py AGON PLUGINS FAULTY TABLE WORK [--show] [WORD...]

WORK has what the rows begin from: start/ (the folder that each row gets a copy of), host/ (the run directory of a
running host), two/ (of one on two venues) and ended/ (that of one that is ending). --show prints what was said, and judges nothing; WORDs choose the
rows that have one of them. mistakes.txt says what a row is.

Every row has the exit code that `agon --help` has for it; says where the mistake is, what was refused and what to do;
is one message of a few lines; is no crash; and leaves the folder as it was. What a message offers ("did you mean X",
"such as X or Y", "from X to Y", "one of: X, Y") is put in the place of what was refused, and must not be refused
there again."""
import fcntl
import http.client
import json
import os
import re
import shlex
import shutil
import struct
import subprocess
import sys
import time
import urllib.parse

LINES_MAX = 8  # of a message: what, the line of the file, the caret; or what, the usage, where more is
HOST = "run --config conf/live.yaml --dir run --plugins $PLUGINS --quiet --for 1ms"
CRASHED = re.compile(r"Sanitizer|runtime error:|REQUIRE|Assertion|core dumped|Segmentation")
# Something of this has to be said: what was expected, a command, an option, a name that is there.
WAY_OUT = re.compile(r"expected|did you mean|such as|--[a-z]|`|agon [a-z]|try again|there are|name |list|chmod|GET|POST|Bearer|rebuild|"
                     r"is not within|is not a whole|neither|nor |only|takes|makes|above|load_from|is needed")
FILES = {"live": "conf/live.yaml", "venue": "conf/venue.yaml", "roster": "conf/roster.yaml", "accounts": "accounts.yaml",
         "faults": "faults.yaml"}


class Row:
    def __init__(self, line, number):
        cells = [cell.strip() for cell in line.split(" | ")]
        if len(cells) not in (3, 4):
            sys.exit(f"mistakes.txt:{number}: {len(cells)} cells; expected 3 or 4")
        self.number = number
        self.code = int(cells[0])
        self.mistake = cells[1]
        self.says = [part.strip() for part in cells[2].split(" && ")]
        self.mend = cells[3] if len(cells) == 4 else ""


def read_table(path):
    with open(path, encoding="utf-8") as lines:
        return [Row(line.rstrip("\n"), number) for number, line in enumerate(lines, 1)
                if line.strip() and line[0] not in "#["]


class Said:
    """What one try ended with."""

    def __init__(self, code, text, out=""):
        self.code, self.text, self.out = code, text, out


class Bench:
    def __init__(self, agon, plugins, faulty, work):
        self.agon, self.work = agon, work
        self.start = os.path.join(work, "start")
        self.folder = os.path.join(work, "row")
        self.names = {"PLUGINS": plugins, "FAULTY": faulty, "HOST": os.path.join(work, "run"), "TWO": os.path.join(work, "two"),
                      "ENDING": os.path.join(work, "ending"), "WORK": work, "AGON": agon}
        for name in ("PORT",):
            self.names[name] = os.environ[name]
        self.environment = dict(os.environ, CREDENTIALS_DIRECTORY=os.path.join(self.folder, "credentials"),
                                XDG_STATE_HOME=os.path.join(self.folder, "state"), HOME=self.folder)
        self.n_runs = 0

    def fill(self, text):
        return re.sub(r"\$([A-Z]+)", lambda found: self.names.get(found.group(1), found.group(0)), text)

    def prepare(self, mistake):
        """A fresh folder with the row's changes; what is left of the row is the command."""
        shutil.rmtree(self.folder, ignore_errors=True)
        # The journal is large beside all else.
        shutil.copytree(self.start, self.folder, symlinks=True,
                        ignore=None if "played" in mistake else shutil.ignore_patterns("played"))
        while mistake.startswith("<<"):
            change, mistake = mistake[2:].split(">>", 1)
            mistake = mistake.strip()
            if change.startswith("$"):
                subprocess.run(["sh", "-c", self.fill(change[1:].strip())], cwd=self.folder, check=True,
                               env=self.environment)
                continue
            name, edit = change.split(":", 1)
            old, new = [side.strip().replace("\\n", "\n").replace("\\t", "\t") for side in edit.split("=>")]
            path = os.path.join(self.folder, FILES[name])
            with open(path, encoding="utf-8") as file:
                text = file.read()
            if old not in text:
                sys.exit(f"mistakes.txt: {mistake}: '{old}' is not in {FILES[name]}")
            with open(path, "w", encoding="utf-8") as file:
                file.write(text.replace(old, self.fill(new), 1))
        return mistake or HOST

    def listing(self):
        found = []
        for folder, folders, files in os.walk(self.folder):
            for name in folders + files:
                path = os.path.join(folder, name)
                status = os.lstat(path)
                found.append((path, status.st_size if name in files else 0))
        return sorted(found)

    def run(self, words, patience=60):
        self.n_runs += 1
        try:
            done = subprocess.run([self.agon] + words, cwd=self.folder, capture_output=True, env=self.environment,
                                  stdin=subprocess.DEVNULL, timeout=patience, check=False)
        except subprocess.TimeoutExpired as late:
            return Said(None, (late.stderr or b"").decode(errors="replace"))
        said, out = done.stderr.decode(errors="replace"), done.stdout.decode(errors="replace")
        return Said(done.returncode, said or out, out)  # validate and doctor: a report is what they say

    def ask(self, words):
        """VERB PATH [token=T|none] [body=TEXT] [type=TEXT] [host=TEXT] of the running host."""
        with open(os.path.join(self.names["HOST"], "http"), encoding="utf-8") as file:
            address = urllib.parse.urlsplit(file.read().strip())
        options = dict(word.split("=", 1) for word in words[2:])
        headers = {"Content-Type": options.get("type", "application/json")}
        if "host" in options:
            headers["Host"] = options["host"]
        token = options.get("token", "token")
        if token in ("token", "token_read"):
            with open(os.path.join(self.names["HOST"], token), encoding="utf-8") as file:
                token = file.read().strip()
        if token != "none":
            headers["Authorization"] = "Bearer " + token
        link = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
        link.request(words[0], words[1], body=options.get("body"), headers=headers)
        answer = link.getresponse()
        body = answer.read().decode(errors="replace")
        if answer.status >= 400:
            try:
                body = json.loads(body)["error"]
            except (ValueError, KeyError, TypeError):
                body = "NO JSON: " + body
        return Said(answer.status, body + "\n")

    def make(self, mistake, replace=None):
        """One try: (what was said, the words of the command, what it left behind). What is tried in a mistake's place
        may be long at work when it is taken: who still runs after a second was not refused."""
        rest = self.fill(self.prepare(mistake))
        words = rest.split() if rest[:3] in ("GET", "POS", "PUT") else shlex.split(rest)
        if replace is not None:
            replace(words)
        before = self.listing()
        said = self.ask(words) if words[0].isupper() else self.run(words, 60 if replace is None else 1)
        return said, words, sorted(set(self.listing()) ^ set(before))


# ---- what a message offers ----

def split_offers(text):
    return [offer for offer in re.split(r",\s+(?:or\s+)?|\s+or\s+", text.strip()) if offer]


def offers(text):
    """(value, is it what was probably meant?) of all that the message says would be accepted."""
    found = []
    for part in re.findall(r"did you mean ([^?]+)\?", text):
        found += [(offer.strip("'"), True) for offer in part.split(" or ")]
    for part in re.findall(r"such as (.+?)(?:; |: |, which|\)|$)", text, re.M):
        found += [(offer, False) for offer in split_offers(part) if not re.search("[A-Z]{4}=|FILE|NAME|PORT|[{/]", offer)]
    for part in re.findall(r"expected one of: ([^;\n]+)", text):
        known = [offer for offer in split_offers(part) if offer != "..."]
        found += [(offer, False) for offer in (known[0], known[-1])]
    for low, high in re.findall(r"expected [a-z ]+? from (\S+) to ([^\s,;]+)", text):
        found += [(low, False), (high, False)]
    found += [(low, False) for low in re.findall(r"expected [a-z ]+? of at least ([^\s,;]+(?: [A-Z]+)?)", text)]
    return list(dict.fromkeys(found))


def limits(text):
    """The ends of ranges: of the command line they are those of the table that judges."""
    return [end for ends in re.findall(r" from (\S+) to ([^\s,;]+)| of at least ([^\s,;]+)", text) for end in ends]


def place_in_file(text):
    """(file, line, column, refused) of the first error that names a place and a value."""
    found = re.search(r"^(\S+?):(\d+):(\d+): error\[AG-\d+\]: [^'\n]*?(?:'([^'\n]*)'|(a list) stands there)", text, re.M)
    return found and (found.group(1), int(found.group(2)), int(found.group(3)), found.group(4))


def put_in_file(path, line, column, old, new):
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    at = lines[line - 1]
    head, tail = at[:column - 1], at[column - 1:]
    if old is None:
        old = tail[:tail.index("]") + 1]
    quote = tail[0] if tail[:1] in ('"', "'") else ""
    if not tail.startswith(quote + old + quote):
        return False
    lines[line - 1] = head + new + tail[len(old) + 2 * len(quote):]
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines))
    return True


def put_in_words(words, text, new):
    """new in the place of the word that the message names."""
    option = re.search(r"--([a-z-]+) (\S.*?): expected", text)
    quoted = re.search(r"'([^'\s]+)'", text)
    named = re.search(r"(?:unknown (?:command|option)|called) ([^\s']+?);|--[a-z]+ (\S+): no event|--http '([^']+)'", text)
    for i in range(len(words) - 1, -1, -1):
        name, equals, value = words[i].partition("=")
        if option and name == "--" + option.group(1):
            if equals:
                words[i] = name + "=" + new
            else:
                words[i + 1] = new
            return True
    for i, word in enumerate(words):
        if named and word in named.groups():
            words[i] = new
            return True
    for i, word in enumerate(words):
        if quoted and quoted.group(1) in word:
            words[i] = word.replace(quoted.group(1), new)
            return True
    return False


def is_refused_again(again, place, offer):
    if CRASHED.search(again.text):
        return True
    if place:
        # Another rule (AG-1025: two values that cannot both hold) is another matter.
        return re.search(rf"^{re.escape(place[0])}:{place[1]}:{place[2]}: error\[AG-10(1[3-9]|2[06])\]", again.text, re.M)
    said = re.sub(r"^agon( [a-z]+)?: ", "", again.text.split("\n")[0])
    return again.code in (2, 404) and offer in said


def try_offers(bench, row, said, complain):
    n = 0
    for offer, is_meant in offers(said.text):
        place = place_in_file(said.text)
        done = []

        if not place and not is_meant and offer in limits(said.text):
            continue
        def replace(words, offer=offer, place=place, done=done):
            if not place:
                done.append(put_in_words(words, said.text, offer))
                # Options are judged before the recordings, which are none here: no demo begins.
                words += ["--data", "nowhere"] if words[0] == "demo" and "--data" not in words else []
                return
            path, line, column, old = place
            done.append(put_in_file(os.path.join(bench.folder, path), line, column, old, offer))
            # What the files say is judged before the run directory, which is none here: no host begins.
            if words[0] == "run" and "--dir" in words:
                words[words.index("--dir") + 1] = "nothing"
        again, words, _ = bench.make(row.mistake, replace)
        if not done[0]:
            if is_meant:
                complain(f"where would '{offer}' stand?")
            continue
        n += 1
        if is_refused_again(again, place, offer):
            complain(f"'{offer}' is offered and refused ({shlex.join(words)}):\n{again.text}")
    return n


# ---- the judge ----

def judge(bench, row, show):
    began = time.monotonic()
    said, words, left = bench.make(row.mistake)
    problems = []

    if show:
        print(f"--- {row.number}: {row.mistake}\n    {said.code} (expected {row.code})"
              f" {time.monotonic() - began:.2f} s"
              f"{'  LEFT ' + str([os.path.relpath(p, bench.folder) for p, _ in left]) if left else ''}\n{said.text}", end="")
        for offer, is_meant in offers(said.text):
            print(f"    offers: {offer}{' (meant)' if is_meant else ''}")
        if said.out:
            print("    OUT " + said.out[:200].replace("\n", "\n    OUT "))
    if said.code != row.code:
        problems.append(f"ended with {said.code} instead of {row.code}")
    for part in row.says:
        if not re.search(bench.fill(part), said.text, re.M):
            problems.append(f"the message lacks '{part}'")
    if said.code and said.text != said.out and said.text.count("\n") > LINES_MAX:
        problems.append(f"{said.text.count(chr(10))} lines for one mistake")
    if said.code and not WAY_OUT.search(re.sub(r"(?m)^agon( [a-z]+)?: ", "", said.text)):
        problems.append("that says no way out")
    # Whoever typed one command does not look for a mistake in another.
    signed = {found.split()[0] for found in re.findall(r"(?m)^agon ([a-z][a-z ]*): ", said.text)}
    if signed - {words[0]} and not words[0].isupper():
        problems.append(f"it is signed by agon {', '.join(sorted(signed))}")
    if CRASHED.search(said.text) or (said.code is not None and said.code < 0):
        problems.append("that is a crash")
    if left and said.code:
        problems.append("it left " + ", ".join(os.path.relpath(path, bench.folder) for path, _ in left))
    n = try_offers(bench, row, said, problems.append)
    if not problems and row.mend:
        mended, _, _ = bench.make(row.mend)
        n += 1
        if not (mended.code == 0 or mended.code is None or 200 <= mended.code < 300):
            problems.append(f"the mend '{row.mend}' ends with {mended.code}:\n{mended.text}")
    if problems:
        print(f"mistakes.txt:{row.number}: {row.mistake}\n  " + "\n  ".join(problems) +
              f"\n  it said ({said.code}): " + said.text.strip().replace("\n", "\n    "), file=sys.stderr)
    return problems, n


def hold(folder):
    """A folder that looks as a host's does that has not begun to listen, or listens no more."""
    os.mkdir(folder)
    lock = os.open(os.path.join(folder, "lock"), os.O_RDWR | os.O_CREAT, 0o600)
    os.write(lock, b"%d\n" % os.getpid())
    fcntl.fcntl(lock, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))  # F_OFD_SETLK


def main():
    agon, plugins, faulty, table, work = sys.argv[1:6]
    words = [word for word in sys.argv[6:] if word != "--show"]
    bench = Bench(os.path.abspath(agon), os.path.abspath(plugins), os.path.abspath(faulty), work)
    hold(bench.names["ENDING"])
    rows = [row for row in read_table(table) if not words or any(word in row.mistake for word in words)]
    n_bad = n_mends = 0
    for row in rows:
        problems, n = judge(bench, row, "--show" in sys.argv)
        n_bad += bool(problems)
        n_mends += n
    print(f"{len(rows)} mistakes, {n_mends} things that were offered tried, {n_bad} wrong, {bench.n_runs} runs")
    sys.exit(n_bad != 0)


main()
