// SPDX-License-Identifier: Apache-2.0
/* file: whole files in and out, and long ones piece by piece. Sizes are bounded before memory
 * is taken; only regular files are read, by read and not by mapping, so that a file which shrinks
 * is a short read and no signal. A source that includes this cannot have libc's <sys/file.h>: ours
 * comes first on the path. [any] */
#ifndef SYS_FILE_H
#define SYS_FILE_H

#include "base/error.h"

/* Reads all of a regular file of at most cap bytes. *bytes is the caller's to free; a NUL that is
 * not counted follows the last byte. AGON_ENOENT, AGON_EINVAL (no regular file), AGON_ERANGE
 * (larger than cap), AGON_EIO. */
int file_read(const char *path, uint64_t cap, char **bytes, uint64_t *n, struct error *err);
/* Writes path.new, syncs it, renames it over path and syncs the directory: readers and crashes see
 * the old or the new, never a mix. */
int file_write_atomic(const char *path, const void *bytes, uint64_t n, unsigned mode,
                      struct error *err);
/* Makes a directory and those above it that lack, mode 0700. AGON_OK too when it is there. */
/* Why a file could not be opened, by errno, and what would do: where a relative name was looked
 * for, or that the folder has to be there. Returns code; 0: the one that goes with errno. */
int file_refuse_read(const char *path, int error, int code, struct error *err);
/* The same of what need not be a file: what was expected there, such as "a run directory". */
int file_refuse_look(const char *path, int error, const char *what, struct error *err);
int file_refuse_write(const char *path, int error, int code, struct error *err);
/* Is there a directory, or anything at all? */
int file_is_dir(const char *path);
int file_is_there(const char *path);
int file_make_dir(const char *path, struct error *err);
/* "a/b" of "a" and "b". AGON_ERANGE. */
int file_join(char *path, size_t room, const char *directory, const char *name);

/* A regular file piece by piece; market/lines.h makes lines of it. */
struct file_bytes;
/* NULL with the reason when it cannot be opened. */
struct file_bytes *file_bytes_open(const char *path, struct error *err);
void file_bytes_close(void *file); /* NULL is fine */
/* Up to n bytes; 0 at the end; AGON_EIO. */
int64_t file_bytes_read(void *file, void *bytes, uint64_t n, struct error *err);

/* A directory that the caller made, with all that is in it; links are not followed. What cannot be
 * removed stays. */
void file_remove_tree(const char *path);

#endif
