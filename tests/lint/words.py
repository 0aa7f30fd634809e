#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""words: what a person reads says the field's terms. WORDS has what is refused and what to say instead.

Read are: string literals of host/ and of plugins/ (those that stand one behind the other are one text), the SDK's headers and
template whole, the plugins' pages, configs/, the script agon, the dashboard, README, CHANGELOG, CONTRIBUTING and docs/ but for what stands in
backquotes (names of tests and files). Left out are lines with "words: as it is", and what EXCEPT lists of a file.

Some words that the project retired as names stay lawful in a sentence, since they are the field's or plain English there: a ticker is a
venue's channel of best prices, a desk where traders sit, a cast C's, a stage one of a roster's and of CI's, a floor what rounding goes down
to, members those of a struct and of a gzip file. As names of our own things they became ops, roster, simulated market, minimum, slots; nobody
who reads a log or a page meets those old names, so there is nothing to refuse.

    words.py [FILE...]      the tree, or these files
"""
import os
import re
import sys

ROOT = os.environ.get("AGON_SOURCE_ROOT") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
GAP = r"[\s*/#]+"  # between two words, also where a comment's next line begins
IS = r"(?:is|are|was|were)"
# What is refused, what to say instead, and what is fine though the word stands in it.
WORDS = (
    (r"(\w+_)?wish(es|ed|ing)?", "intent, request; to want"),
    (r"play(s|ed|ing)?(?! back)", "active, runs, trades; a recording is played back"),
    (r"in doubt", "unconfirmed; of a book: stale"),
    (r"aside", "excluded"),
    (r"worth", "notional, value"),
    (r"anew", "again; restarted"),
    (r"came? to play|caught up", "restart failed; crashed again during restart"),
    (r"floods", "exceeds the refused-intent limit"),
    (r"news", "update"),
    (r"deaf", "disconnected"),
    (r"mend(s|ed|ing)?", "fix"),
    (r"gives? way", "is cancelled; runs at idle priority"),
    (r"tells?|telling|told", "reports, says, sends", rf"(tells?|told){GAP}(\w+ )?apart"),
    (r"chang(es?|ed|ing)( of)? hands|changeover", "swap, generation switch"),
    (r"weight free|free weight", "API budget left"),
    (r"(stood|stands?|standing) still", "paused"),
    (r"(from the )?socket to( the end of the)? (step|decision)", "wire to decision"),
    (r"everybody's pause", "engine pause"),
    (rf"{IS} no", "is not a ..., is invalid: and why",
     rf"(there|nor|where){GAP}{IS}{GAP}no|{IS}{GAP}no{GAP}(longer|more|such|less|worse|better|other|newer|older|larger|smaller|later|earlier|further)"),
    (r"given or taken", "reallocated"),
    (r"gets a part|there was less to give", "partially funded: pool exhausted"),
    (r"nobody is judged|too early", "not enough samples, no ranking; before its time: what it came before"),
    (r"(exchange|venue)'s word", "acknowledgement"),
    (r"crew|mux|couriers?|crowd|simb|simum|jout", "slots, instances, gateway, agents; names of files only in backquotes"),
    (r"(the|a|its) (pit|reel|story)", "exchange, playback, report"),
    (r"mishaps?|mischief|rascals?", "faults, fault injection, faulty agent"),
    (r"(the|its|their|no) past", "history", r"the past \w+ \w+"),
    (r"the (most|least)|least notional", "maximum, minimum", r"the most (recent|likely)|the (most|least) of"),
)
# Words that a page has no other use for. In a program a key alone stays: `cut` is what a fault of the simulator is called.
OF_PAGES = (
    (r"least", "minimum, smallest, fewest", rf"at{GAP}least|least squares"),
    (r"cuts?|cutting", "truncated, rounded, divided, disconnected; generation switch", r"answer: cut"),
    (r"carriers?", "transport"),
)
# Words of prose that are none of a state, a column or a message.
OF_PROGRAMS = (
    (r"(\w+[-_])?gone", "retired, ended, removed"),
    (rf"{IS} none", "is invalid, is unknown: and why", rf"there{GAP}{IS}{GAP}none"),
    (r"(\w+_)?in_doubt", "unconfirmed"),
    (r"(\w+_)?playing", "active"),
    (r"doubt(s|ed)? \S+", "unconfirmed"),
    (r"most (that|share|memory)", "maximum"),
    # A key alone stays; in a sentence it says which of these is meant.
    (r"least", "minimum", rf"at{GAP}least"),
    (r"\S+ carriers?|carriers? \S+", "transport"),
    (r"\S+ cuts?|cuts? \S+|cutting", "truncated, rounded, disconnected; generation switch", r"answer: cut|lost, cut, error"),
)
EXCEPT = {
    "host/net/http_write.c": ("gone", "too early"),  # HTTP's own names of 410 and 425
    "host/market/reasons.h": ("slot_gone",),  # the SDK's name, which plugins were built with
    # Names of a plugin and of its parameter, which rosters have.
    "host/demo/demo_config.c": ("rascal", "mischief"),
    "plugins/rascal/rascal.c": ("rascal", "mischief"),
    "plugins/rascal/README.md": ("rascal",),
    "docs/results/README.md": ("rascal",),
}
MARK = "words: as it is"


def rule_of(word, say, fine="(?!)"):
    return re.compile(rf"\b(?:{fine})\b|(?<![\w/.-])(?P<word>{word})(?![\w/-])", re.IGNORECASE), say


RULES = [rule_of(*row) for row in WORDS]
PAGE_RULES = RULES + [rule_of(*row) for row in OF_PAGES]
ALL_RULES = [rule_of(*row) for row in WORDS + OF_PROGRAMS]


def literals(text):
    """The texts of a C file, each with the number of its first line."""
    token = re.compile(r'//[^\n]*|/\*.*?\*/|\'(?:\\.|[^\'\\])\'|"((?:\\.|[^"\\\n])*)"|#include[^\n]*|\s+|.', re.S)
    out, parts, first = [], [], 0
    for found in token.finditer(text):
        whole = found.group(0)
        if found.group(1) is not None:
            if not parts:
                first = found.start()
            parts.append(found.group(1))
        elif parts and not whole.isspace() and not whole.startswith(("//", "/*")) and not re.match(r"[A-Z]", whole):
            out.append((text.count("\n", 0, first) + 1, "".join(parts)))
            parts = []
    return out


def page(text):
    """A page without what stands in backquotes, line for line."""
    text = re.sub(r"`[^`\n]*(\n[^`\n]*)?`", lambda found: "\n" * found.group(0).count("\n") + "x", text)
    return [(1, text)]


def texts(path, text):
    if path.endswith((".c", ".h")) and not path.startswith(("sdk/include", "sdk/template")):
        return literals(text)
    return page(text) if path.endswith(".md") else [(1, text)]


def faults_of(path, text):
    lines = text.split("\n")
    for first, part in texts(path, text):
        flat = part.replace("\n", " ").replace("\\n", "  ")
        for rule, say in PAGE_RULES if path.endswith(".md") else RULES if path.startswith("sdk/") else ALL_RULES:
            for found in rule.finditer(flat):
                at = first + (part.count("\n", 0, found.start()) if "\n" in part else 0)
                word = found["word"]
                if word is None or MARK in lines[at - 1] or word.lower() in EXCEPT.get(path, ()):
                    continue
                yield f"{path}:{at}: '{word}': say {say}"


def tree():
    for top in ("host", "plugins", "sdk/include", "sdk/template", "docs", "configs"):
        for folder, _, names in os.walk(os.path.join(ROOT, top)):
            for name in sorted(names):
                if name.endswith((".c", ".h", ".md", ".mjs", ".html", ".in", ".yaml")):
                    yield os.path.relpath(os.path.join(folder, name), ROOT)
    yield from ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "agon")


def main():
    n = 0
    for path in sys.argv[1:] or tree():
        with open(os.path.join(ROOT, path), encoding="utf-8") as file:
            for fault in faults_of(path, file.read()):
                print(fault)
                n += 1
    print(f"{n} faults")
    return 1 if n else 0


if __name__ == "__main__":
    sys.exit(main())
