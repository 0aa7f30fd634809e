// SPDX-License-Identifier: Apache-2.0
/* image: a plugin file in memory, put there without running any of it.
 *
 * The dynamic loader runs a file's constructors before it returns, so whoever uses it has to give
 * the file the rights that loading takes. Here the two are apart: image_map maps the segments,
 * loads what the file needs of the system's libraries and binds every symbol; image_begin runs the
 * constructors. In between the process takes away from itself what a plugin has no use for
 * (sandbox.h), and no byte of the file has been executed until that stands.
 *
 * The file is one that elf_check has passed for ELF_PROCESS, in a descriptor that nobody can write
 * any more: what it says of its tables is believed here. No segment is ever writable and
 * executable. At most IMAGE_TLS_MAX images of a process have thread-local variables at a
 * time. */
#ifndef AGENT_IMAGE_H
#define AGENT_IMAGE_H

#include <stdint.h>

#include "base/error.h"

#define IMAGE_TLS_MAX 64

struct image {
    unsigned char *base;        /* owned: [span]; address 0 of the file */
    uint64_t from, span;        /* of what is mapped, from base on */
    uint64_t eh_frame;          /* address of the unwind table's head; 0: none */
    void (*add_frames)(void *); /* of the unwinder, where one is loaded */
    uint64_t init, init_array, n_init;
    uint64_t module;   /* of its thread-local variables, where it has some */
    const void *entry; /* agon_plugin */
};

/* AGON_EINVAL: it cannot be bound, and why: a symbol that no library has, a library that is not
 * there, thread-local storage of a kind that is not served. AGON_ENOMEM. Nothing stays mapped then.
 * [main thread] */
int image_map(struct image *image, int fd, struct error *err);
/* Runs what the file wants run before it is called, in its order. Once. [main thread] */
void image_begin(const struct image *image);
/* Nothing of it is in use. Libraries that it needed stay. Accepts a zeroed one. [main thread] */
void image_unmap(struct image *image);
/* Offset of an address in the file's own addresses; UINT64_MAX: it is not in the image. [any] */
uint64_t image_offset(const struct image *image, uint64_t address);

#endif
