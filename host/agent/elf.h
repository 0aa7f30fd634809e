// SPDX-License-Identifier: Apache-2.0
/* elf: what a plugin file is, found out without running or mapping any of it.
 *
 * Reads bytes, trusts none of them: every offset is checked against the file before it is followed,
 * so that a truncated, edited or hostile file gives findings and never a crash. The dynamic loader
 * has no such care (SDK E22: it died on 267 of 300 truncated files), so no file is given to it
 * before elf_check has passed it. Ids are those of SDK 4.4. [any] */
#ifndef AGENT_ELF_H
#define AGENT_ELF_H

#include <agon/plugin.h>

#define ELF_FILE_MAX     (256u << 20)
#define ELF_FINDINGS_MAX 64

enum elf_level { ELF_NOTE = 1, ELF_ERROR = 2 };
enum elf_runner { ELF_PROCESS = 0, ELF_INPROC = 1, ELF_POD = 2 };

struct elf_finding {
    const char *id;   /* "val-s01"; static */
    uint8_t level[3]; /* enum elf_level for each enum elf_runner */
    char text[245];   /* what, where; printable ASCII */
};
struct elf_report {
    uint32_t n_findings;
    uint32_t checks; /* bit i: check val-s(i + 1) was made */
    int has_note;
    struct agon_note note; /* strings end with a NUL when has_note */
    char build_id[65];     /* hex; empty: none */
    uint32_t n_exports, n_imports, n_needed;
    char needed[8][64]; /* DT_NEEDED, the first eight */
    struct elf_finding findings[ELF_FINDINGS_MAX];
};

/* Makes all static checks that the file allows: a broken one is not followed further. Returns the
 * number of findings. */
int elf_check(const void *bytes, uint64_t n, struct elf_report *report);
/* The finding that forbids this runner, or NULL: the first, but that it is no plugin at all goes
 * before what it exports. */
const struct elf_finding *elf_refusal(const struct elf_report *report, enum elf_runner runner);
/* What each check asks, in words, for `agon validate`; NULL past the last (index 0 is S01). */
const char *elf_check_name(unsigned index);

#endif
