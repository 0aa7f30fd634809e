// SPDX-License-Identifier: Apache-2.0
/* embed: a file as it is in the program. EMBED(name, "path") declares name[] and name_end[]; behind
 * the last byte there is a NUL. The build says where the file is, and that it is read. [any] */
#ifndef BASE_EMBED_H
#define BASE_EMBED_H

#define EMBED(name, path)                                                                          \
    __asm__(".section .rodata\n"                                                                   \
            ".globl agon_" #name ", agon_" #name "_end\n"                                          \
            ".hidden agon_" #name ", agon_" #name "_end\n"                                         \
            "agon_" #name ":\n"                                                                    \
            ".incbin \"" path "\"\n"                                                               \
            "agon_" #name "_end:\n"                                                                \
            ".byte 0\n"                                                                            \
            ".previous\n");                                                                        \
    extern const char name[] __asm__("agon_" #name);                                               \
    extern const char name##_end[] __asm__("agon_" #name "_end")

#endif
