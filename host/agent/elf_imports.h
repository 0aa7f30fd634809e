// SPDX-License-Identifier: Apache-2.0
/* elf_imports: what a plugin may import. Tables of names, and nothing of the file's format. [any]
 */
#ifndef AGENT_ELF_IMPORTS_H
#define AGENT_ELF_IMPORTS_H

/* What a function does for which no plugin may import it, as the end of "imports x, which ...";
 * NULL: it may. */
const char *elf_imports_forbid(const char *name);
/* Does it give other digits on another CPU or with another libc? */
int elf_imports_are_inexact(const char *name);
#endif
