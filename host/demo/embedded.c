// SPDX-License-Identifier: Apache-2.0
#include "demo/embedded.h"

// The assembler copies the files as they are; AGON_VENUE_DIR comes from the build.
#define EMBED(name, file)                                                                          \
    __asm__(".section .rodata\n"                                                                   \
            "agon_" #name ":\n"                                                                    \
            ".incbin \"" AGON_VENUE_DIR "/" file "\"\n"                                            \
            "agon_" #name "_end:\n"                                                                \
            ".byte 0\n"                                                                            \
            ".previous\n");                                                                        \
    extern const char name[] __asm__("agon_" #name);                                               \
    extern const char name##_end[] __asm__("agon_" #name "_end")

EMBED(venue_file, "binance.yaml");
EMBED(venue_um_file, "binance_um.yaml");

size_t embedded_venue(const char **bytes)
{
    *bytes = venue_file;
    return (size_t)(venue_file_end - venue_file);
}

size_t embedded_venue_um(const char **bytes)
{
    *bytes = venue_um_file;
    return (size_t)(venue_um_file_end - venue_um_file);
}
