// SPDX-License-Identifier: Apache-2.0
#include "sys/buildid.h"

#include <elf.h>
#include <link.h>
#include <string.h>

struct search {
    unsigned char *id;
    size_t n;
};

static void search_notes(struct search *search, const unsigned char *at, size_t n, size_t align)
{
    while (n >= sizeof(Elf64_Nhdr)) {
        Elf64_Nhdr head;
        size_t desc, next;

        memcpy(&head, at, sizeof(head));
        desc = (sizeof(head) + head.n_namesz + align - 1) / align * align;
        next = (desc + head.n_descsz + align - 1) / align * align;
        if (desc > n || head.n_descsz > n - desc)
            return;
        if (head.n_type == NT_GNU_BUILD_ID && head.n_namesz == 4 &&
            memcmp(at + sizeof(head), "GNU", 4) == 0) {
            search->n = head.n_descsz < BUILD_ID_MAX ? head.n_descsz : BUILD_ID_MAX;
            memcpy(search->id, at + desc, search->n);
            return;
        }
        if (next > n)
            return;
        at += next;
        n -= next;
    }
}

// The program itself comes first; the libraries behind it have ids of their own.
static int on_object(struct dl_phdr_info *info, size_t size, void *ctx)
{
    struct search *search = ctx;

    (void)size;
    for (int i = 0; i < info->dlpi_phnum && search->n == 0; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];

        if (part->p_type == PT_NOTE)
            search_notes(search, (const unsigned char *)(info->dlpi_addr + part->p_vaddr),
                         part->p_filesz, part->p_align == 8 ? 8 : 4);
    }
    return 1;
}

size_t buildid_own(unsigned char id[BUILD_ID_MAX])
{
    struct search search = {.id = id};

    memset(id, 0, BUILD_ID_MAX);
    (void)dl_iterate_phdr(on_object, &search);
    return search.n;
}
