// SPDX-License-Identifier: Apache-2.0
/* memfd: memory that processes share. The host maps it writable, then seals it: from then on nobody
 * can resize it or map it writable anew, and whoever gets the descriptor can only read. [control]
 */
#ifndef SYS_MEMFD_H
#define SYS_MEMFD_H

#include "base/error.h"

/* A descriptor (close-on-exec) of zeroed memory of that many bytes, or AGON_E... */
int memfd_new(const char *name, uint64_t bytes, struct error *err);
/* Maps all of it; NULL with the reason when that fails. */
void *memfd_map(int fd, uint64_t bytes, int is_writable, struct error *err);
void memfd_unmap(void *memory, uint64_t bytes);
/* Fixes the size. With is_read_only no new writable mapping is possible either; mappings made
 * before stay. */
int memfd_seal(int fd, int is_read_only, struct error *err);
/* For contents that come later: a descriptor in *fd of no bytes, room of it mapped writable here
 * and by nobody else ever. Whoever maps it meanwhile can read it once it is filled. NULL: the
 * reason. */
void *memfd_reserve(const char *name, uint64_t room, int *fd, struct error *err);
/* Its size, and that for good; what is to be there has still to be written. */
int memfd_fill(int fd, uint64_t bytes, struct error *err);
/* A descriptor (close-on-exec) of n bytes that can be executed and changed by nobody any more.
 * AGON_EPERM: this system executes nothing from memory; AGON_ENOMEM, AGON_EIO. [any] */
int memfd_new_program(const char *name, const void *bytes, uint64_t n, struct error *err);
int memfd_is_program(int fd); /* may it be one that was made so? */
/* Size in bytes, or AGON_E...: AGON_EPERM when its size is not sealed, so that a hostile sender
 * cannot shrink it under us. */
int64_t memfd_sealed_size(int fd, struct error *err);

#endif
