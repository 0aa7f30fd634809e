// SPDX-License-Identifier: Apache-2.0
#include "agent/image.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/sanitized.h"

#define PAGE         ((uint64_t)4096)
#define SEGMENTS_MAX 64
#define NEEDED_MAX   64

/* What is known of a file while it is mapped and bound. */
struct binding {
    struct image *image;
    int fd;
    Elf64_Phdr segments[SEGMENTS_MAX];
    uint32_t n_segments;
    const Elf64_Dyn *dynamic; /* as mapped; ends with DT_NULL */
    const Elf64_Sym *symbols;
    const char *strings;
    const uint16_t *versions;     /* NULL: none */
    void *needed[NEEDED_MAX + 2]; /* what dlsym looks in, libc and libm last */
    uint32_t n_needed;
    struct error *err;
};

/* Thread-local variables: one block for each thread that asks, made when it first does. */

struct tls_index { /* as the psABI has it: what __tls_get_addr is given */
    uint64_t module, offset;
};
static struct {
    const unsigned char *from; /* what a block begins with */
    uint64_t n_from, n, align;
} modules[IMAGE_TLS_MAX];
static _Thread_local unsigned char *blocks[IMAGE_TLS_MAX];

static void *tls_address(const struct tls_index *index)
{
    uint64_t at = index->module;

    if (at >= IMAGE_TLS_MAX) // a file that wrote over its own table
        _exit(1);
    if (blocks[at] == NULL) {
        uint64_t align = modules[at].align;
        // A thread without it cannot go on, and there is nobody to tell.
        unsigned char *block = aligned_alloc(align, (modules[at].n + align - 1) / align * align);

        if (block == NULL)
            _exit(1);
        memcpy(block, modules[at].from, modules[at].n_from);
        memset(block + modules[at].n_from, 0, modules[at].n - modules[at].n_from);
        blocks[at] = block;
    }
    return blocks[at] + index->offset;
}

/* The map */

static uint64_t page_of(uint64_t at)
{
    return at & ~(PAGE - 1);
}

static uint64_t page_end(uint64_t at)
{
    return page_of(at + PAGE - 1);
}

static unsigned char *place(const struct binding *binding, uint64_t address)
{
    return binding->image->base + address;
}

static int read_head(struct binding *binding)
{
    Elf64_Ehdr head;
    size_t n;

    if (pread(binding->fd, &head, sizeof(head), 0) != (ssize_t)sizeof(head) ||
        head.e_phnum > SEGMENTS_MAX)
        return error_set(binding->err, AGON_EINVAL, "its head cannot be read");
    n = head.e_phnum * sizeof(Elf64_Phdr);
    if (pread(binding->fd, binding->segments, n, (off_t)head.e_phoff) != (ssize_t)n)
        return error_set(binding->err, AGON_EINVAL, "its head cannot be read");
    binding->n_segments = head.e_phnum;
    return AGON_OK;
}

/* Room for all segments, as they lie to each other, where the largest alignment holds. */
static int reserve(struct binding *binding)
{
    uint64_t from = UINT64_MAX, to = 0, align = PAGE;
    unsigned char *room, *start;

    for (uint32_t i = 0; i < binding->n_segments; i++) {
        const Elf64_Phdr *segment = &binding->segments[i];

        if (segment->p_type != PT_LOAD)
            continue;
        if (page_of(segment->p_vaddr) < from)
            from = page_of(segment->p_vaddr);
        if (page_end(segment->p_vaddr + segment->p_memsz) > to)
            to = page_end(segment->p_vaddr + segment->p_memsz);
        if (segment->p_align > align)
            align = segment->p_align;
    }
    from &= ~(align - 1);
    room = mmap(NULL, to - from + align, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
                0);
    if (room == MAP_FAILED)
        return error_set(binding->err, AGON_ENOMEM, "no address space for it: %s", strerror(errno));
    start = (unsigned char *)(((uintptr_t)room + align - 1) & ~(uintptr_t)(align - 1));
    if (start > room)
        (void)munmap(room, (size_t)(start - room));
    (void)munmap(start + (to - from), (size_t)(room + align - start));
    binding->image->base = start - from;
    binding->image->from = from;
    binding->image->span = to - from;
    return AGON_OK;
}

static int protection(const Elf64_Phdr *segment)
{
    return ((segment->p_flags & PF_R) != 0 ? PROT_READ : 0) |
           ((segment->p_flags & PF_W) != 0 ? PROT_WRITE : 0) |
           ((segment->p_flags & PF_X) != 0 ? PROT_EXEC : 0);
}

static int map_segment(struct binding *binding, const Elf64_Phdr *segment)
{
    uint64_t file_end = segment->p_vaddr + segment->p_filesz;
    uint64_t from = page_of(segment->p_vaddr), zeros = page_end(file_end);
    uint64_t to = page_end(segment->p_vaddr + segment->p_memsz);
    int prot = protection(segment);
    int flags = MAP_PRIVATE | MAP_FIXED;

    if ((prot & PROT_WRITE) == 0 && segment->p_memsz != segment->p_filesz)
        return error_set(binding->err, AGON_EINVAL, "a segment that is read only has no contents");
    if (segment->p_filesz == 0)
        zeros = from;
    else if (mmap(place(binding, from), zeros - from, prot, flags, binding->fd,
                  (off_t)page_of(segment->p_offset)) == MAP_FAILED)
        return error_set(binding->err, AGON_EINVAL, "a segment cannot be mapped: %s",
                         strerror(errno));
    if (to > zeros &&
        mmap(place(binding, zeros), to - zeros, prot, flags | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
        return error_set(binding->err, AGON_ENOMEM, "no memory for its data: %s", strerror(errno));
    if (segment->p_memsz > segment->p_filesz && zeros > file_end)
        memset(place(binding, file_end), 0, zeros - file_end);
    return AGON_OK;
}

static int map_all(struct binding *binding)
{
    int rc = AGON_OK;

    for (uint32_t i = 0; rc >= 0 && i < binding->n_segments; i++) {
        const Elf64_Phdr *segment = &binding->segments[i];

        if (segment->p_type == PT_LOAD)
            rc = map_segment(binding, segment);
        else if (segment->p_type == PT_DYNAMIC)
            binding->dynamic = (const Elf64_Dyn *)(void *)place(binding, segment->p_vaddr);
        else if (segment->p_type == PT_GNU_EH_FRAME)
            binding->image->eh_frame = segment->p_vaddr;
    }
    return rc;
}

/* Binding */

static uint64_t value(const struct binding *binding, int64_t tag)
{
    for (const Elf64_Dyn *entry = binding->dynamic; entry->d_tag != DT_NULL; entry++) {
        if (entry->d_tag == tag)
            return entry->d_un.d_val;
    }
    return 0;
}

static void read_tables(struct binding *binding)
{
    struct image *image = binding->image;

    binding->symbols = (const Elf64_Sym *)(void *)place(binding, value(binding, DT_SYMTAB));
    binding->strings = (const char *)place(binding, value(binding, DT_STRTAB));
    if (value(binding, DT_VERSYM) != 0)
        binding->versions = (const uint16_t *)(void *)place(binding, value(binding, DT_VERSYM));
    image->init = value(binding, DT_INIT);
    image->init_array = value(binding, DT_INIT_ARRAY);
    image->n_init = value(binding, DT_INIT_ARRAYSZ) / sizeof(uint64_t);
}

/* Libraries were asked for that this program has not of itself; what they did to memory stays. */
static int has_others;

static int need(struct binding *binding, const char *name)
{
    void *library;

    // A path may be any file, its own too; an empty name is this program.
    if (name[0] == '\0' || strchr(name, '/') != NULL)
        return error_set(binding->err, AGON_EINVAL, "needs a library that is named by a path");
    has_others |= strcmp(name, "libm.so.6") != 0 && strcmp(name, "libc.so.6") != 0;
    library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        return error_set(binding->err, AGON_EINVAL, "needs %.80s, which cannot be loaded: %.300s",
                         name, dlerror());
    binding->needed[binding->n_needed++] = library;
    return AGON_OK;
}

static int load_needed(struct binding *binding)
{
    int rc = AGON_OK;

    for (const Elf64_Dyn *entry = binding->dynamic; rc >= 0 && entry->d_tag != DT_NULL; entry++) {
        if (entry->d_tag != DT_NEEDED)
            continue;
        if (binding->n_needed == NEEDED_MAX)
            return error_set(binding->err, AGON_EINVAL, "needs more than %d libraries", NEEDED_MAX);
        rc = need(binding, binding->strings + entry->d_un.d_val);
    }
    // A file that names none of them has them all the same.
    if (rc >= 0)
        rc = need(binding, "libm.so.6");
    return rc >= 0 ? need(binding, "libc.so.6") : rc;
}

/* A library that asks for an executable stack gets one from the dynamic loader, and one with such a
 * segment has it: code could be written there once the plugin runs. */
static int refuse_open_memory(struct binding *binding)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[512], rights[8];
    int is_bad = 0;

    if (maps == NULL)
        return error_set(binding->err, AGON_EIO, "/proc/self/maps cannot be read: %s",
                         strerror(errno));
    while (!is_bad && fgets(line, sizeof(line), maps) != NULL)
        is_bad = sscanf(line, "%*s %7s", rights) == 1 && rights[1] == 'w' && rights[2] == 'x';
    (void)fclose(maps);
    if (!is_bad)
        return AGON_OK;
    line[strcspn(line, "\n")] = '\0';
    return error_set(binding->err, AGON_EINVAL,
                     "a library that it needs asks for memory that is writable and executable "
                     "(%.120s): link it with -Wl,-z,noexecstack, or do without it",
                     strrchr(line, ' ') != NULL ? strrchr(line, ' ') + 1 : line);
}

/* The version of a library's symbol that the file was linked with; NULL: any. */
static const char *version_of(const struct binding *binding, uint64_t index)
{
    uint64_t n = value(binding, DT_VERNEEDNUM), at = value(binding, DT_VERNEED);
    uint16_t version = binding->versions != NULL ? binding->versions[index] & 0x7fff : 0;

    if (version <= VER_NDX_GLOBAL)
        return NULL;
    for (uint64_t i = 0; i < n; i++) {
        const Elf64_Verneed *file = (const Elf64_Verneed *)(void *)place(binding, at);
        uint64_t aux_at = at + file->vn_aux;

        for (uint32_t k = 0; k < file->vn_cnt; k++) {
            const Elf64_Vernaux *aux = (const Elf64_Vernaux *)(void *)place(binding, aux_at);

            if ((aux->vna_other & 0x7fff) == version)
                return binding->strings + aux->vna_name;
            aux_at += aux->vna_next;
        }
        at += file->vn_next;
    }
    return NULL;
}

static void *import(const struct binding *binding, const char *name, const char *version)
{
    void *found = NULL;

    if (strcmp(name, "__tls_get_addr") == 0)
        return (void *)(uintptr_t)tls_address;
    // Under a sanitizer a call has to go through its run-time, which is the program's.
    if (IS_SANITIZED)
        found = dlsym(RTLD_DEFAULT, name);
    for (uint32_t i = 0; found == NULL && i < binding->n_needed; i++)
        found = version != NULL ? dlvsym(binding->needed[i], name, version)
                                : dlsym(binding->needed[i], name);
    return found;
}

/* What a symbol stands for. The file's own definition goes before any library's. */
static int resolve(struct binding *binding, uint64_t index, uint64_t *target)
{
    const Elf64_Sym *symbol = &binding->symbols[index];
    const char *name = binding->strings + symbol->st_name;
    const char *version;

    *target = 0;
    if (index == 0)
        return AGON_OK;
    if (symbol->st_shndx == SHN_ABS)
        *target = symbol->st_value;
    else if (symbol->st_shndx != SHN_UNDEF)
        *target = (uint64_t)(uintptr_t)place(binding, symbol->st_value);
    if (symbol->st_shndx != SHN_UNDEF)
        return AGON_OK;
    version = version_of(binding, index);
    *target = (uint64_t)(uintptr_t)import(binding, name, version);
    if (*target != 0 || ELF64_ST_BIND(symbol->st_info) == STB_WEAK)
        return AGON_OK;
    return error_set(binding->err, AGON_EINVAL,
                     "calls for %.80s%s%.40s, which no library that it needs has on this machine: "
                     "link with what defines it",
                     name, version != NULL ? " of " : "", version != NULL ? version : "");
}

static int is_writable(const struct binding *binding, uint64_t address)
{
    for (uint32_t i = 0; i < binding->n_segments; i++) {
        const Elf64_Phdr *segment = &binding->segments[i];

        if (segment->p_type == PT_LOAD && (segment->p_flags & PF_W) != 0 &&
            address >= segment->p_vaddr && segment->p_memsz >= sizeof(uint64_t) &&
            address - segment->p_vaddr <= segment->p_memsz - sizeof(uint64_t))
            return 1;
    }
    return 0;
}

static int relocate_one(struct binding *binding, const Elf64_Rela *rela)
{
    uint64_t index = ELF64_R_SYM(rela->r_info), target = 0, word;
    int is_own = index == 0 || binding->symbols[index].st_shndx != SHN_UNDEF;
    int rc = AGON_OK;

    switch (ELF64_R_TYPE(rela->r_info)) {
    case R_X86_64_NONE:
        return AGON_OK;
    case R_X86_64_RELATIVE:
        word = (uint64_t)(uintptr_t)binding->image->base + (uint64_t)rela->r_addend;
        break;
    case R_X86_64_64:
        rc = resolve(binding, index, &target);
        word = target + (uint64_t)rela->r_addend;
        break;
    case R_X86_64_GLOB_DAT:
    case R_X86_64_JUMP_SLOT:
        rc = resolve(binding, index, &word);
        break;
    case R_X86_64_DTPMOD64:
        word = binding->image->module;
        if (!is_own)
            rc = error_set(
                binding->err, AGON_EINVAL,
                "%.80s is a thread-local variable of another library, which is not served",
                binding->strings + binding->symbols[index].st_name);
        break;
    case R_X86_64_DTPOFF64:
        word = (index != 0 ? binding->symbols[index].st_value : 0) + (uint64_t)rela->r_addend;
        break;
    default:
        return error_set(binding->err, AGON_EINVAL, "relocation of type %u, which is not served%s",
                         (unsigned)ELF64_R_TYPE(rela->r_info),
                         ELF64_R_TYPE(rela->r_info) == R_X86_64_TLSDESC
                             ? ": compile with -mtls-dialect=gnu"
                             : "");
    }
    if (rc >= 0 && !is_writable(binding, rela->r_offset))
        rc = error_set(binding->err, AGON_EINVAL, "a relocation in a segment that is read only");
    if (rc >= 0)
        memcpy(place(binding, rela->r_offset), &word, sizeof(word));
    return rc;
}

static int relocate(struct binding *binding, int64_t at_tag, int64_t bytes_tag)
{
    const Elf64_Rela *all = (const Elf64_Rela *)(void *)place(binding, value(binding, at_tag));
    uint64_t n = value(binding, bytes_tag) / sizeof(*all);
    int rc = AGON_OK;

    for (uint64_t i = 0; rc >= 0 && i < n; i++)
        rc = relocate_one(binding, &all[i]);
    return rc;
}

static int take_tls(struct binding *binding)
{
    uint64_t at = 0;

    for (uint32_t i = 0; i < binding->n_segments; i++) {
        const Elf64_Phdr *segment = &binding->segments[i];

        if (segment->p_type != PT_TLS)
            continue;
        while (at < IMAGE_TLS_MAX && modules[at].from != NULL)
            at++;
        if (at == IMAGE_TLS_MAX)
            return error_set(binding->err, AGON_ERANGE,
                             "%d plugins with thread-local variables are loaded", IMAGE_TLS_MAX);
        modules[at].from = place(binding, segment->p_vaddr);
        modules[at].n_from = segment->p_filesz;
        modules[at].n = segment->p_memsz;
        modules[at].align = segment->p_align > 16 ? segment->p_align : 16;
        binding->image->module = at;
    }
    return AGON_OK;
}

/* What was only to be written while it was bound. */
static int close_relro(struct binding *binding)
{
    for (uint32_t i = 0; i < binding->n_segments; i++) {
        const Elf64_Phdr *segment = &binding->segments[i];
        uint64_t from = page_of(segment->p_vaddr);
        uint64_t to = page_of(segment->p_vaddr + segment->p_memsz);

        if (segment->p_type == PT_GNU_RELRO && to > from &&
            mprotect(place(binding, from), to - from, PROT_READ) != 0)
            return error_set(binding->err, AGON_EINVAL,
                             "its constants cannot be made read only: %s", strerror(errno));
    }
    return AGON_OK;
}

/* elf_check has found exactly one such symbol, so that this ends. */
static void find_names(struct binding *binding)
{
    const Elf64_Sym *symbol = &binding->symbols[1];
    void *unwinder = import(binding, "__register_frame", NULL);

    memcpy(&binding->image->add_frames, &unwinder, sizeof(unwinder));

    while (symbol->st_shndx == SHN_UNDEF || symbol->st_shndx == SHN_ABS ||
           ELF64_ST_BIND(symbol->st_info) == STB_LOCAL ||
           ELF64_ST_VISIBILITY(symbol->st_other) == STV_HIDDEN ||
           ELF64_ST_VISIBILITY(symbol->st_other) == STV_INTERNAL ||
           strcmp(binding->strings + symbol->st_name, "agon_plugin") != 0)
        symbol++;
    binding->image->entry = place(binding, symbol->st_value);
}

int image_map(struct image *image, int fd, struct error *err)
{
    struct binding binding = {.image = image, .fd = fd, .err = err};
    int rc;

    memset(image, 0, sizeof(*image));
    rc = read_head(&binding);
    if (rc >= 0)
        rc = reserve(&binding);
    if (rc >= 0)
        rc = map_all(&binding);
    if (rc >= 0) {
        read_tables(&binding);
        rc = load_needed(&binding);
    }
    if (rc >= 0 && has_others)
        rc = refuse_open_memory(&binding);
    if (rc >= 0)
        rc = take_tls(&binding);
    if (rc >= 0)
        rc = relocate(&binding, DT_RELA, DT_RELASZ);
    if (rc >= 0)
        rc = relocate(&binding, DT_JMPREL, DT_PLTRELSZ);
    if (rc >= 0)
        rc = close_relro(&binding);
    if (rc >= 0)
        find_names(&binding);
    else
        image_unmap(image);
    return rc;
}

/* The beginning */

/* So that exceptions find their way through it: the dynamic loader, who knows where unwind tables
 * are, does not know this file. The head says where the table is in one form only (linkers of
 * x86-64 write no other). */
static void register_frames(const struct image *image)
{
    const unsigned char *head = image->base + image->eh_frame;
    int32_t offset;

    if (image->add_frames == NULL || image->eh_frame == 0 || head[0] != 1 || head[1] != 0x1b)
        return; // nothing that it uses throws
    memcpy(&offset, head + 4, sizeof(offset));
    image->add_frames((void *)(uintptr_t)((uintptr_t)head + 4 + (uintptr_t)(intptr_t)offset));
}

void image_begin(const struct image *image)
{
    static char name[] = "agon";
    static char *argv[] = {name, NULL};
    static char *envp[] = {NULL};
    const uint64_t *all = (const uint64_t *)(void *)(image->base + image->init_array);

    register_frames(image);
    if (image->init != 0)
        ((void (*)(int, char **, char **))(uintptr_t)(image->base + image->init))(1, argv, envp);
    for (uint64_t i = 0; i < image->n_init; i++) {
        if (all[i] != 0 && all[i] != UINT64_MAX)
            ((void (*)(int, char **, char **))(uintptr_t)all[i])(1, argv, envp);
    }
}

void image_unmap(struct image *image)
{
    if (image->base != NULL && image->span != 0) {
        (void)munmap(image->base + image->from, image->span);
        for (uint64_t i = 0; i < IMAGE_TLS_MAX; i++) {
            if (modules[i].from == NULL ||
                image_offset(image, (uint64_t)(uintptr_t)modules[i].from) == UINT64_MAX)
                continue;
            memset(&modules[i], 0, sizeof(modules[i]));
            free(blocks[i]); // this thread's; an image that others use is not unmapped
            blocks[i] = NULL;
        }
    }
    memset(image, 0, sizeof(*image));
}

uint64_t image_offset(const struct image *image, uint64_t address)
{
    uint64_t base = (uint64_t)(uintptr_t)image->base;

    return image->base != NULL && address >= base + image->from &&
                   address - base - image->from < image->span
               ? address - base
               : UINT64_MAX;
}
