// SPDX-License-Identifier: Apache-2.0
/* nvrtc: source of kernels into code for a card, by NVIDIA's run-time compiler where the user has
 * it. Opened by dlopen, by a worker alone, before its fence is closed; it compiles behind the
 * fence, since the source may be anybody's. [one thread] */
#ifndef CARD_NVRTC_H
#define CARD_NVRTC_H

#include <stddef.h>

#include "base/error.h"

/* What is used of its interface (NVRTC 11.2 to 13), as its header has it. */
#define NVRTC_CALLS(X)                                                                             \
    X(version, "nvrtcVersion", (int *major, int *minor))                                           \
    X(error_text, "nvrtcGetErrorString", (int code))                                               \
    X(count_archs, "nvrtcGetNumSupportedArchs", (int *n))                                          \
    X(archs, "nvrtcGetSupportedArchs", (int *archs))                                               \
    X(create, "nvrtcCreateProgram",                                                                \
      (void **program, const char *text, const char *name, int n_headers,                          \
       const char *const *headers, const char *const *names))                                      \
    X(destroy, "nvrtcDestroyProgram", (void **program))                                            \
    X(compile, "nvrtcCompileProgram", (void *program, int n, const char *const *options))          \
    X(log_size, "nvrtcGetProgramLogSize", (void *program, size_t *n))                              \
    X(log, "nvrtcGetProgramLog", (void *program, char *log))                                       \
    X(cubin_size, "nvrtcGetCUBINSize", (void *program, size_t *n))                                 \
    X(cubin, "nvrtcGetCUBIN", (void *program, char *code))                                         \
    X(ptx_size, "nvrtcGetPTXSize", (void *program, size_t *n))                                     \
    X(ptx, "nvrtcGetPTX", (void *program, char *code))

struct card_nvrtc;
/* library: NULL: the system's newest. AGON_ENOENT: there is none; AGON_EVERSION: it is too old. */
struct card_nvrtc *card_nvrtc_open(const char *library, struct error *err);
const char *card_nvrtc_file(const struct card_nvrtc *nvrtc); /* "": unknown */
void card_nvrtc_close(struct card_nvrtc *nvrtc);             /* NULL is fine */

struct card_source {
    const char *name, *text;    /* ends with a NUL */
    const char *const *headers; /* texts, and what they are included as */
    const char *const *names;
    const char *define; /* an option; NULL: none */
    uint32_t n_headers;
};
/* *code: owned, for free(); what a card of that compute capability (75, ...) runs. AGON_EINVAL: it
 * does not compile, and err has the beginning of the log, stderr all of it; AGON_ENOTSUP: no code
 * for such cards, or NVRTC failed; AGON_ENOMEM. */
int card_nvrtc_compile(struct card_nvrtc *nvrtc, const struct card_source *source, uint32_t arch,
                       char **code, struct error *err);

#endif
