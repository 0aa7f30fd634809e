// SPDX-License-Identifier: Apache-2.0
/* file: whole files in and out, and streams of plain or gzip bytes. Sizes are bounded before memory
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
int file_make_dir(const char *path, struct error *err);
/* "a/b" of "a" and "b". AGON_ERANGE. */
int file_join(char *path, size_t room, const char *directory, const char *name);

/* A stream over a regular file; gzip is recognised by its first bytes, several members follow one
 * another. */
struct file_stream;
struct file_limits {
    uint64_t total_max; /* bytes delivered; 0: 64 GiB */
    uint32_t ratio_max; /* bytes out per byte in; 0: 1000. Judged after the first MiB */
};
/* NULL with the reason when it cannot be opened. limits may be NULL. */
struct file_stream *file_stream_open(const char *path, const struct file_limits *limits,
                                     struct error *err);
void file_stream_close(struct file_stream *stream); /* NULL is fine */
/* Up to n bytes; 0 at the end. AGON_ECORRUPT: damaged or cut-off gzip; AGON_ERANGE: a limit was
 * passed; AGON_EIO. */
int64_t file_stream_read(struct file_stream *stream, void *bytes, uint64_t n, struct error *err);
/* Next line without its end (LF or CRLF), with a NUL behind it; valid until the next call. 1: a
 * line; 0: the end; AGON_ERANGE: longer than line_max (at most 1 MiB) bytes. *number counts from 1.
 */
int file_stream_line(struct file_stream *stream, uint32_t line_max, char **line, uint32_t *n,
                     uint64_t *number, struct error *err);
/* Bytes of the file (as it lies on disk) used so far, and its size, for progress. */
uint64_t file_stream_used(const struct file_stream *stream, uint64_t *size);

/* A directory that the caller made, with all that is in it; links are not followed. What cannot be
 * removed stays. */
void file_remove_tree(const char *path);

#endif
