// SPDX-License-Identifier: Apache-2.0
#include "cli/embedded.h"

// The assembler copies the file as it is; AGON_VENUE_FILE comes from the build.
__asm__(".section .rodata\n"
        "agon_venue_file:\n"
        ".incbin \"" AGON_VENUE_FILE "\"\n"
        "agon_venue_file_end:\n"
        ".byte 0\n"
        ".previous\n");
extern const char venue_file[] __asm__("agon_venue_file");
extern const char venue_file_end[] __asm__("agon_venue_file_end");

size_t embedded_venue(const char **bytes)
{
    *bytes = venue_file;
    return (size_t)(venue_file_end - venue_file);
}
