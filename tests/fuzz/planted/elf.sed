# host/agent/elf.c: one byte more than the file has
/return offset <= elf->n && n <= elf->n - offset/s/elf->n - offset ?/elf->n - offset + 1 ?/
