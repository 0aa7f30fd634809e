// SPDX-License-Identifier: Apache-2.0
/* The runner's file inside the program (runner.c). */
#include "agent/runner_blob.h"

#include <runner_stamp.h> // empty: made anew with the file

// The assembler copies the file as it is; AGON_RUNNER comes from the build.
__asm__(".section .rodata\n"
        ".globl agon_runner_blob, agon_runner_blob_end\n"
        ".hidden agon_runner_blob, agon_runner_blob_end\n"
        "agon_runner_blob:\n"
        ".incbin \"" AGON_RUNNER "\"\n"
        "agon_runner_blob_end:\n"
        ".byte 0\n"
        ".previous\n");
extern const unsigned char runner_bytes[] __asm__("agon_runner_blob");
extern const unsigned char runner_bytes_end[] __asm__("agon_runner_blob_end");

const unsigned char *runner_blob(size_t *n)
{
    *n = (size_t)(runner_bytes_end - runner_bytes);
    return runner_bytes;
}
