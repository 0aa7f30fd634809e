// SPDX-License-Identifier: Apache-2.0
/* loader: from an author's path to a checked entry.
 *
 * The author's file is opened once and copied; the copy gets a name that is never used again, is
 * hashed and checked, and only the copy is mapped. So whatever happens to the author's file later
 * (overwritten in place, replaced, truncated) cannot reach a running plugin, and the code that runs
 * is the code that was hashed (SDK E1, E2, E3, E22; B-71). */
#ifndef AGENT_LOADER_H
#define AGENT_LOADER_H

#include "agent/elf.h"
#include "agent/image.h"
#include "base/error.h"
#include "base/hash.h"

/* A private copy of a plugin file. */
struct plugin_file {
    int fd; /* of the copy, read-only in effect; -1: none */
    uint64_t bytes;
    unsigned char hash[HASH_SIZE]; /* BLAKE2b-256 of the copy */
    char path[512];                /* of the copy; empty: it is a sealed memfd */
};
/* Copies path into dir as gen-<slot>-<n>-<hash8>.so, n never used before in that directory; with
 * dir NULL into a sealed memfd. The last component of path must not be a symbolic link, the file
 * a regular one of 1 byte to 256 MiB. AGON_ENOENT, AGON_EINVAL, AGON_EIO, AGON_ENOSPC. [control] */
int plugin_file_stage(struct plugin_file *file, const char *path, const char *dir, uint16_t slot,
                      struct error *err);
/* Runs elf_check over the copy. Returns as elf_check; AGON_EIO, AGON_ENOMEM. [control] */
int plugin_file_check(const struct plugin_file *file, struct elf_report *report, struct error *err);
/* May it run there? AGON_EVERSION: it was made for another version of the SDK; AGON_EINVAL: another
 * check forbids it. [any] */
int plugin_file_judge(const struct elf_report *report, enum elf_runner runner, struct error *err);
/* Closes; deletes the copy on disk. Accepts what was never staged (zeroed or fd -1). [control] */
void plugin_file_drop(struct plugin_file *file);

/* A mapped plugin. */
struct plugin {
    void *handle;                   /* of the dynamic loader; NULL: image */
    char path[512];                 /* as the dynamic loader mapped it */
    struct image image;             /* of a process of its own */
    struct agon_note note;          /* what the file says of itself */
    const struct agon_entry *entry; /* checked: plugin_check */
};
/* Into this process, which trusts it: refuses what elf_check refuses for inproc, loads with all
 * symbols bound and the floating-point control words kept, and checks what it finds. [control] */
int plugin_open(struct plugin *plugin, const struct plugin_file *file, struct error *err);
/* Into a process that takes its sandbox next: refuses what elf_check refuses for that runner, maps
 * and binds the file and runs none of it (image.h). [main thread] */
int plugin_map(struct plugin *plugin, const struct plugin_file *file, enum elf_runner runner,
               struct error *err);
/* The same of a file that its host has judged fit already, with the note that it found there; a
 * sealed file is what it was. [main thread] */
int plugin_map_judged(struct plugin *plugin, const struct plugin_file *file,
                      const struct agon_note *note, struct error *err);
/* Runs its constructors, the floating-point control words kept, and checks what it finds. The
 * sandbox stands by then. [main thread] */
int plugin_begin(struct plugin *plugin, struct error *err);
/* Unmaps; every instance has been destroyed. AGON_EBUSY: it is still mapped afterwards (SDK E4, E5:
 * unique symbols, thread-exit destructors), so this binary must run as a process from now on.
 * Accepts a zeroed one. [control] */
int plugin_close(struct plugin *plugin);
/* Is the entry sane: sizes, version, strings that end and are UTF-8, unique parameters with
 * min <= def <= max? AGON_EVERSION names both versions, AGON_EINVAL names the field. Reads only
 * what its sizes allow, but pointers in it can be anything: run it where a crash is contained, or
 * on code that is trusted. [control] */
int plugin_check(const struct agon_entry *entry, struct error *err);

#endif
