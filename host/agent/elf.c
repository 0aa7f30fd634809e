// SPDX-License-Identifier: Apache-2.0
/* elf: see the header. The file is read through at(), which knows its end; addresses become offsets
 * through mapped(), which knows the segments. What a broken file would make the dynamic loader
 * follow (hash tables, relocations, versions) is walked here first. */
#include "agent/elf.h"

#include <elf.h>
#include <stdarg.h>
#include <stdio.h>

#include "agent/elf_imports.h"
#include "base/error.h"

#define SEGMENTS_MAX 64
#define DYNAMIC_MAX  512
#define SYMBOLS_MAX  (1u << 22)
#define NAME_MAX     4096
#define NAMES_MAX    (16u << 20) /* bytes of all names together: each is looked at */
#define VERSIONS_MAX 4096        /* needed of all libraries together */
#define TLS_MAX      (16u << 20)
#define N            ELF_NOTE
#define E            ELF_ERROR

static const struct {
    const char *id, *name;
    uint8_t level[3]; /* process, inproc, pod */
} checks[] = {
    {"val-s01", "64-bit x86-64 shared object", {E, E, E}},
    {"val-s02", "program headers inside the file", {E, E, E}},
    {"val-s03", "segments and dynamic tables inside the file", {E, E, E}},
    {"val-s04", "Agon note present and sane", {E, E, E}},
    {"val-s05", "version and layout served", {E, E, E}},
    {"val-s06", "no constructors or destructors of its own", {N, E, N}},
    {"val-s07", "needs libc and libm only", {N, E, N}},
    {"val-s08", "no text relocations", {E, E, E}},
    {"val-s09", "stack not executable", {E, E, E}},
    {"val-s10", "no static thread-local storage", {E, E, E}},
    {"val-s11", "can be unloaded", {N, E, N}},
    {"val-s12", "no segment writable and executable", {E, E, E}},
    {"val-s13", "no library search path", {E, E, E}},
    {"val-s14", "bound at load", {N, E, N}},
    {"val-s15", "no unique symbols", {N, E, N}},
    {"val-s16", "no indirect functions", {E, E, E}},
    {"val-s17", "no forbidden imports", {N, E, N}},
    {"val-s18", "one export, agon_plugin, a data object", {N, E, E}},
    {"val-s19", "descriptor sane", {E, E, E}},
    {"val-s20", "no raw system call", {N, E, N}},
    {"val-s21", "build id present", {N, N, N}},
};
#define CHECKS (sizeof(checks) / sizeof(checks[0]))
enum {
    S01,
    S02,
    S03,
    S04,
    S05,
    S06,
    S07,
    S08,
    S09,
    S10,
    S11,
    S12,
    S13,
    S14,
    S15,
    S16,
    S17,
    S18,
    S19,
    S20,
    S21
};

struct elf {
    const unsigned char *bytes;
    uint64_t n;
    struct elf_report *report;
    Elf64_Ehdr head;
    Elf64_Phdr segments[SEGMENTS_MAX];
    uint32_t n_segments;
    Elf64_Dyn dynamic[DYNAMIC_MAX];
    uint32_t n_dynamic;
    const char *strings;
    uint64_t n_strings;
    uint64_t symbols_at; /* offset in the file */
    uint32_t n_symbols;
};

const char *elf_check_name(unsigned index)
{
    return index < CHECKS ? checks[index].name : NULL;
}

static int weight(const uint8_t level[3])
{
    return level[0] + level[1] + level[2];
}

static __attribute__((format(printf, 4, 5))) int find(struct elf *elf, unsigned check, int is_note,
                                                      const char *format, ...)
{
    struct elf_report *report = elf->report;
    struct elf_finding *finding = NULL;
    va_list args;

    // A full list gives up a weaker finding, never the one that refuses the file: levels are a
    // chain.
    if (report->n_findings < ELF_FINDINGS_MAX)
        finding = &report->findings[report->n_findings++];
    for (uint32_t i = 0; finding == NULL && i < ELF_FINDINGS_MAX; i++)
        if (weight(report->findings[i].level) < (is_note ? 3 : weight(checks[check].level)))
            finding = &report->findings[i];
    if (finding == NULL)
        return -1;
    finding->id = checks[check].id;
    for (int i = 0; i < 3; i++)
        finding->level[i] = is_note ? ELF_NOTE : checks[check].level[i];
    va_start(args, format);
    vsnprintf(finding->text, sizeof(finding->text), format, args);
    va_end(args);
    // A file's own words: nothing that a terminal could obey.
    for (char *c = finding->text; *c; c++)
        if (*c < 0x20 || *c > 0x7e)
            *c = '?';
    return -1;
}

static void checked(struct elf *elf, unsigned check)
{
    elf->report->checks |= 1u << check;
}

/* n bytes at an offset of the file, or NULL. */
static const unsigned char *at(const struct elf *elf, uint64_t offset, uint64_t n)
{
    return offset <= elf->n && n <= elf->n - offset ? elf->bytes + offset : NULL;
}

static int get(const struct elf *elf, uint64_t offset, void *out, uint64_t n)
{
    const unsigned char *from = at(elf, offset, n);

    if (from)
        memcpy(out, from, n);
    else
        memset(out, 0, n);
    return from != NULL;
}

/* Offset in the file of n bytes at an address, all in one segment; UINT64_MAX: not in the file. */
static uint64_t mapped(const struct elf *elf, uint64_t address, uint64_t n)
{
    for (uint32_t i = 0; i < elf->n_segments; i++) {
        const Elf64_Phdr *segment = &elf->segments[i];

        if (segment->p_type == PT_LOAD && address >= segment->p_vaddr &&
            address - segment->p_vaddr <= segment->p_filesz &&
            n <= segment->p_filesz - (address - segment->p_vaddr))
            return segment->p_offset + (address - segment->p_vaddr);
    }
    return UINT64_MAX;
}

/* Are n bytes at an address in memory once loaded? */
static int is_loaded(const struct elf *elf, uint64_t address, uint64_t n, uint32_t flags)
{
    for (uint32_t i = 0; i < elf->n_segments; i++) {
        const Elf64_Phdr *segment = &elf->segments[i];

        if (segment->p_type == PT_LOAD && (segment->p_flags & flags) == flags &&
            address >= segment->p_vaddr && address - segment->p_vaddr <= segment->p_memsz &&
            n <= segment->p_memsz - (address - segment->p_vaddr))
            return 1;
    }
    return 0;
}

/* The same, of what no relocation can change after it has been looked at, and where the loader
 * reads it in its place: segments are mapped at whole pages, so an address lies there as it says.
 */
static uint64_t constant(const struct elf *elf, uint64_t address, uint64_t n, uint64_t align)
{
    if (address % align != 0 || is_loaded(elf, address, n, PF_W))
        return UINT64_MAX;
    return mapped(elf, address, n);
}

static int head(struct elf *elf)
{
    Elf64_Ehdr *h = &elf->head;

    checked(elf, S01);
    if (elf->n == 0)
        return find(elf, S01, 0, "the file is empty");
    if (elf->n < SELFMAG || memcmp(elf->bytes, ELFMAG, SELFMAG) != 0)
        return find(
            elf, S01, 0,
            "not an ELF file: it begins with other bytes; expected a shared object, NAME.so");
    if (!get(elf, 0, h, sizeof(*h)))
        return find(elf, S01, 0, "truncated: %llu bytes are less than an ELF header",
                    (unsigned long long)elf->n);
    if (h->e_ident[EI_CLASS] != ELFCLASS64)
        return find(elf, S01, 0, "not a 64-bit file (class %u)", h->e_ident[EI_CLASS]);
    if (h->e_ident[EI_DATA] != ELFDATA2LSB || h->e_ident[EI_VERSION] != EV_CURRENT ||
        h->e_version != EV_CURRENT)
        return find(elf, S01, 0, "byte order or ELF version is not that of this machine");
    if (h->e_machine != EM_X86_64)
        return find(elf, S01, 0,
                    "built for machine %u; expected a build for x86-64 (62), which this host is",
                    h->e_machine);
    if (h->e_type != ET_DYN)
        return find(elf, S01, 0, "%s, not a shared object: link with -shared",
                    h->e_type == ET_EXEC  ? "an executable"
                    : h->e_type == ET_REL ? "an object file"
                                          : "an ELF file of another kind");
    if (h->e_ident[EI_OSABI] != ELFOSABI_SYSV && h->e_ident[EI_OSABI] != ELFOSABI_GNU)
        return find(elf, S01, 0, "made for another system (OS ABI %u)", h->e_ident[EI_OSABI]);
    return 0;
}

static int segments(struct elf *elf)
{
    const Elf64_Ehdr *h = &elf->head;

    checked(elf, S02);
    if (h->e_phentsize != sizeof(Elf64_Phdr) || h->e_phnum == 0 || h->e_phnum > SEGMENTS_MAX)
        return find(elf, S02, 0, "%u program headers of %u bytes", h->e_phnum, h->e_phentsize);
    if (!get(elf, h->e_phoff, elf->segments, (uint64_t)h->e_phnum * sizeof(Elf64_Phdr)))
        return find(elf, S02, 0, "program headers lie beyond the end of the file");
    elf->n_segments = h->e_phnum;
    // Nobody needs the section headers to run it, but they come last: a file without its end, whose
    // loss may have spared the segments, is found by them.
    if (h->e_shnum > 0 && (h->e_shentsize != sizeof(Elf64_Shdr) ||
                           at(elf, h->e_shoff, (uint64_t)h->e_shnum * sizeof(Elf64_Shdr)) == NULL))
        return find(
            elf, S02, 0,
            "truncated: section headers lie beyond the end of the file; expected the whole file");
    return 0;
}

static int loads(struct elf *elf)
{
    uint64_t end = 0;
    uint32_t n = 0;

    checked(elf, S03);
    checked(elf, S12);
    for (uint32_t i = 0; i < elf->n_segments; i++) {
        const Elf64_Phdr *s = &elf->segments[i];

        if (s->p_type == PT_INTERP)
            return find(elf, S01, 0,
                        "an executable (it names an interpreter), not a shared object");
        if (s->p_type != PT_LOAD && s->p_type != PT_DYNAMIC && s->p_type != PT_NOTE &&
            s->p_type != PT_TLS && s->p_type != PT_GNU_RELRO)
            continue;
        if (at(elf, s->p_offset, s->p_filesz) == NULL)
            return find(elf, S03, 0, "truncated: segment %u ends beyond the end of the file", i);
        if (s->p_filesz > s->p_memsz || s->p_memsz > UINT32_MAX || s->p_vaddr > UINT64_MAX / 4 ||
            (s->p_align & (s->p_align - 1)) != 0)
            return find(elf, S03, 0, "segment %u has impossible sizes", i);
        if (s->p_type != PT_LOAD)
            continue;
        if (s->p_align < 4096 || s->p_align > (1u << 24) ||
            s->p_vaddr % s->p_align != s->p_offset % s->p_align || s->p_vaddr / 4096 * 4096 < end)
            return find(elf, S03, 0, "segment %u is misaligned or overlaps the one before", i);
        if ((s->p_flags & PF_R) == 0)
            return find(elf, S03, 0, "segment %u cannot be read once it is loaded", i);
        end = s->p_vaddr + s->p_memsz;
        n++;
        if ((s->p_flags & PF_W) && (s->p_flags & PF_X))
            find(elf, S12, 0, "segment %u is writable and executable", i);
    }
    if (n == 0 || end > ELF_FILE_MAX * 4ull)
        return find(elf, S03, 0, "nothing to load, or too much");
    return 0;
}

/* Segments that describe parts of the loaded ones. */
static int parts(struct elf *elf)
{
    for (uint32_t i = 0; i < elf->n_segments; i++) {
        const Elf64_Phdr *s = &elf->segments[i];
        int is_in = 1;

        if (s->p_type == PT_TLS)
            is_in = is_loaded(elf, s->p_vaddr, s->p_filesz, 0) && s->p_memsz <= TLS_MAX &&
                    s->p_align <= 4096;
        else if (s->p_type == PT_GNU_RELRO)
            is_in = is_loaded(elf, s->p_vaddr, s->p_memsz, PF_W);
        else if (s->p_type == PT_GNU_EH_FRAME)
            is_in = is_loaded(elf, s->p_vaddr, 8, 0);
        if (!is_in)
            return find(elf, S03, 0, "segment %u is not part of what is loaded", i);
    }
    return 0;
}

/* Value of the first dynamic entry of that tag; 0 when there is none. */
static uint64_t value(const struct elf *elf, int64_t tag, int *is_there)
{
    for (uint32_t i = 0; i < elf->n_dynamic; i++)
        if (elf->dynamic[i].d_tag == tag) {
            if (is_there)
                *is_there = 1;
            return elf->dynamic[i].d_un.d_val;
        }
    if (is_there)
        *is_there = 0;
    return 0;
}

static int has(const struct elf *elf, int64_t tag)
{
    int is_there;

    value(elf, tag, &is_there);
    return is_there;
}

static int dynamic(struct elf *elf)
{
    const Elf64_Phdr *segment = NULL;
    uint64_t n;

    for (uint32_t i = 0; i < elf->n_segments; i++)
        if (elf->segments[i].p_type == PT_DYNAMIC) {
            if (segment != NULL)
                return find(elf, S03, 0, "two dynamic segments");
            segment = &elf->segments[i];
        }
    if (segment == NULL)
        return find(elf, S03, 0, "no dynamic segment");
    n = segment->p_filesz / sizeof(Elf64_Dyn);
    // The loader reads it where it is mapped, so that place has to be this one, and writable.
    if (segment->p_vaddr % 8 != 0 ||
        mapped(elf, segment->p_vaddr, segment->p_filesz) != segment->p_offset ||
        !is_loaded(elf, segment->p_vaddr, segment->p_filesz, PF_W))
        return find(elf, S03, 0, "the dynamic segment is in no writable loaded segment");
    for (uint64_t i = 0; i < n; i++) {
        Elf64_Dyn entry;

        if (!get(elf, segment->p_offset + i * sizeof(entry), &entry, sizeof(entry)))
            return find(elf, S03, 0, "the dynamic segment ends beyond the end of the file");
        if (entry.d_tag == DT_NULL)
            return 0;
        if (elf->n_dynamic == DYNAMIC_MAX)
            return find(elf, S03, 0, "more than %d dynamic entries", DYNAMIC_MAX);
        elf->dynamic[elf->n_dynamic++] = entry;
    }
    return find(elf, S03, 0, "the dynamic segment has no end");
}

static int strings(struct elf *elf)
{
    uint64_t n = value(elf, DT_STRSZ, NULL);
    uint64_t offset = constant(elf, value(elf, DT_STRTAB, NULL), n, 1);

    if (n == 0 || offset == UINT64_MAX || elf->bytes[offset + n - 1] != 0)
        return find(elf, S03, 0, "the string table is not inside the file");
    elf->strings = (const char *)elf->bytes + offset;
    elf->n_strings = n;
    return 0;
}

static const char *string(const struct elf *elf, uint64_t offset)
{
    return offset < elf->n_strings ? elf->strings + offset : NULL;
}

/* Symbols end where a hash table says so; it is walked as the loader will walk it. */
static int gnu_hash(struct elf *elf, uint64_t address, uint32_t *n_symbols)
{
    uint32_t h[4]; /* buckets, first symbol, words of the filter, shift */
    uint64_t offset = constant(elf, address, sizeof(h), 4);
    uint64_t buckets, chains;
    uint32_t highest = 0;

    if (offset == UINT64_MAX || !get(elf, offset, h, sizeof(h)) || h[0] == 0 || h[2] == 0 ||
        (h[2] & (h[2] - 1)) != 0 || h[0] > SYMBOLS_MAX || h[2] > SYMBOLS_MAX || h[3] > 63)
        return find(elf, S03, 0, "the symbol hash table is damaged");
    buckets = 16 + 8ull * h[2];
    chains = buckets + 4ull * h[0];
    if (constant(elf, address, chains, 4) == UINT64_MAX)
        return find(elf, S03, 0, "the symbol hash table is not inside the file");
    for (uint32_t i = 0; i < h[0]; i++) {
        uint32_t bucket;

        get(elf, offset + buckets + 4ull * i, &bucket, sizeof(bucket));
        if (bucket != 0 && bucket < h[1])
            return find(elf, S03, 0, "the symbol hash table is damaged");
        highest = bucket > highest ? bucket : highest;
    }
    *n_symbols = h[1];
    if (highest == 0)
        return 0;
    for (uint32_t i = highest;; i++) {
        uint64_t place = chains + 4ull * (i - h[1]);
        uint32_t chain;

        if (i >= SYMBOLS_MAX || constant(elf, address, place + 4, 4) == UINT64_MAX ||
            !get(elf, offset + place, &chain, sizeof(chain)))
            return find(elf, S03, 0, "a chain of the symbol hash table has no end");
        if (chain & 1) {
            *n_symbols = i + 1;
            return 0;
        }
    }
}

static int symbols(struct elf *elf)
{
    uint64_t address = value(elf, DT_SYMTAB, NULL);
    uint32_t h[2];
    uint64_t offset;

    if (has(elf, DT_GNU_HASH)) {
        if (gnu_hash(elf, value(elf, DT_GNU_HASH, NULL), &elf->n_symbols) < 0)
            return -1;
    }
    if (has(elf, DT_HASH)) {
        offset = constant(elf, value(elf, DT_HASH, NULL), sizeof(h), 4);
        if (offset == UINT64_MAX || !get(elf, offset, h, sizeof(h)) || h[0] == 0 ||
            h[0] > SYMBOLS_MAX || h[1] > SYMBOLS_MAX ||
            constant(elf, value(elf, DT_HASH, NULL), 8 + 4ull * h[0] + 4ull * h[1], 4) ==
                UINT64_MAX)
            return find(elf, S03, 0, "the symbol hash table is damaged");
        for (uint64_t i = 0; i < (uint64_t)h[0] + h[1]; i++) {
            uint32_t index;

            get(elf, offset + 8 + 4 * i, &index, sizeof(index));
            if (index >= h[1])
                return find(elf, S03, 0, "the symbol hash table is damaged");
        }
        elf->n_symbols = h[1] > elf->n_symbols ? h[1] : elf->n_symbols;
    }
    if (!has(elf, DT_GNU_HASH) && !has(elf, DT_HASH))
        return find(elf, S03, 0, "no symbol hash table: nothing could be found in it");
    elf->symbols_at = constant(elf, address, (uint64_t)elf->n_symbols * sizeof(Elf64_Sym), 8);
    if (elf->symbols_at == UINT64_MAX)
        return find(elf, S03, 0, "the symbol table is not inside the file");
    return 0;
}

/* Would 8 bytes there change the dynamic table, which is read again while relocations are made? */
static int is_dynamic(const struct elf *elf, uint64_t address)
{
    for (uint32_t i = 0; i < elf->n_segments; i++) {
        const Elf64_Phdr *s = &elf->segments[i];

        if (s->p_type == PT_DYNAMIC && address + 8 > s->p_vaddr &&
            address < s->p_vaddr + s->p_filesz)
            return 1;
    }
    return 0;
}

static int relocations(struct elf *elf, int64_t at_tag, int64_t bytes_tag)
{
    uint64_t bytes = value(elf, bytes_tag, NULL);
    uint64_t offset;

    if (bytes == 0)
        return 0;
    offset = constant(elf, value(elf, at_tag, NULL), bytes, 8);
    if (offset == UINT64_MAX || bytes % sizeof(Elf64_Rela) != 0)
        return find(elf, S03, 0, "a relocation table is not inside the file");
    for (uint64_t i = 0; i < bytes; i += sizeof(Elf64_Rela)) {
        Elf64_Rela rela;
        uint32_t type;

        get(elf, offset + i, &rela, sizeof(rela));
        type = (uint32_t)ELF64_R_TYPE(rela.r_info);
        if (ELF64_R_SYM(rela.r_info) >= (elf->n_symbols ? elf->n_symbols : 1) ||
            (type != R_X86_64_NONE &&
             (!is_loaded(elf, rela.r_offset, 8, PF_W) || is_dynamic(elf, rela.r_offset))))
            return find(elf, S03, 0, "relocation %llu points out of the file",
                        (unsigned long long)(i / sizeof(rela)));
        switch (type) {
        case R_X86_64_NONE:
        case R_X86_64_64:
        case R_X86_64_GLOB_DAT:
        case R_X86_64_JUMP_SLOT:
        case R_X86_64_DTPMOD64:
        case R_X86_64_DTPOFF64:
        case R_X86_64_TLSDESC:
            break;
        case R_X86_64_RELATIVE:
            if (!is_loaded(elf, (uint64_t)rela.r_addend, 0, 0))
                return find(elf, S03, 0, "relocation %llu points out of the file",
                            (unsigned long long)(i / sizeof(rela)));
            break;
        case R_X86_64_TPOFF64:
            find(elf, S10, 0, "uses static thread-local storage (initial-exec)");
            break;
        case R_X86_64_IRELATIVE:
            find(elf, S16, 0, "has an indirect function: code that runs while it is loaded");
            break;
        default:
            return find(elf, S03, 0, "relocation %llu is of a type (%u) that no plugin needs",
                        (unsigned long long)(i / sizeof(rela)), type);
        }
    }
    return 0;
}

/* The chain of needed versions: ld.so follows its offsets without looking. */
static int versions(struct elf *elf)
{
    uint64_t count = value(elf, DT_VERNEEDNUM, NULL);
    uint64_t address = value(elf, DT_VERNEED, NULL);
    uint32_t n_versions = 0;

    if (has(elf, DT_VERSYM) &&
        constant(elf, value(elf, DT_VERSYM, NULL), 2ull * elf->n_symbols, 2) == UINT64_MAX)
        return find(elf, S03, 0, "the table of symbol versions is not inside the file");
    if (has(elf, DT_VERNEED) && (count == 0 || count > 64))
        return find(elf, S03, 0, "the table of needed versions is damaged");
    for (uint64_t i = 0; i < count; i++) {
        Elf64_Verneed need;
        uint64_t offset = constant(elf, address, sizeof(need), 4);
        uint64_t aux_address;

        if (offset == UINT64_MAX || !get(elf, offset, &need, sizeof(need)) ||
            string(elf, need.vn_file) == NULL)
            return find(elf, S03, 0, "the table of needed versions is damaged");
        n_versions += need.vn_cnt;
        if (n_versions > VERSIONS_MAX)
            return find(elf, S03, 0, "needs more than %d versions of symbols", VERSIONS_MAX);
        aux_address = address + need.vn_aux;
        for (uint32_t k = 0; k < need.vn_cnt; k++) {
            Elf64_Vernaux aux;
            uint64_t aux_offset = constant(elf, aux_address, sizeof(aux), 4);

            if (aux_offset == UINT64_MAX || !get(elf, aux_offset, &aux, sizeof(aux)) ||
                string(elf, aux.vna_name) == NULL || (aux.vna_next == 0 && k + 1u < need.vn_cnt))
                return find(elf, S03, 0, "the table of needed versions is damaged");
            aux_address += aux.vna_next;
        }
        if ((need.vn_next == 0) != (i + 1 == count))
            return find(elf, S03, 0, "the table of needed versions is damaged");
        address += need.vn_next;
    }
    if (has(elf, DT_VERDEF)) {
        Elf64_Verdef def;
        uint64_t n = value(elf, DT_VERDEFNUM, NULL);

        address = value(elf, DT_VERDEF, NULL);
        for (uint64_t i = 0; i < n; i++) {
            uint64_t offset = constant(elf, address, sizeof(def), 4);
            Elf64_Verdaux aux;
            uint64_t aux_offset;

            if (n > 64 || offset == UINT64_MAX || !get(elf, offset, &def, sizeof(def)))
                return find(elf, S03, 0, "the table of defined versions is damaged");
            aux_offset = constant(elf, address + def.vd_aux, sizeof(aux), 4);
            if (aux_offset == UINT64_MAX || !get(elf, aux_offset, &aux, sizeof(aux)) ||
                string(elf, aux.vda_name) == NULL || (def.vd_next == 0) != (i + 1 == n))
                return find(elf, S03, 0, "the table of defined versions is damaged");
            address += def.vd_next;
        }
    }
    return 0;
}

/* A table of function pointers or one function, as the loader calls them. */
static int initialisers(struct elf *elf)
{
    static const struct {
        int64_t at, bytes;
        const char *name;
    } arrays[] = {{DT_INIT_ARRAY, DT_INIT_ARRAYSZ, "constructors"},
                  {DT_FINI_ARRAY, DT_FINI_ARRAYSZ, "destructors"}};

    checked(elf, S06);
    for (int i = 0; i < 2; i++) {
        uint64_t bytes = value(elf, arrays[i].bytes, NULL);

        if (bytes % 8 != 0 || value(elf, arrays[i].at, NULL) % 8 != 0 ||
            (bytes > 0 && mapped(elf, value(elf, arrays[i].at, NULL), bytes) == UINT64_MAX))
            return find(elf, S03, 0, "the table of %s is not inside the file", arrays[i].name);
        if (bytes > 8)
            find(elf, S06, 0,
                 "%llu %s: code that runs before anything is checked; move it to create",
                 (unsigned long long)(bytes / 8 - 1), arrays[i].name);
    }
    if (has(elf, DT_PREINIT_ARRAY))
        find(elf, S06, 0, "has a pre-initialiser");
    for (int i = 0; i < 2; i++) {
        int64_t tag = i == 0 ? DT_INIT : DT_FINI;

        if (has(elf, tag) && !is_loaded(elf, value(elf, tag, NULL), 1, PF_X))
            return find(elf, S03, 0, "an initialiser is not inside the file's code");
    }
    return 0;
}

static int is_printable(const char *text, size_t room)
{
    const char *end = memchr(text, 0, room);

    if (end == NULL || end == text)
        return 0;
    for (const char *c = text; c < end; c++)
        if (*c < 0x21 || *c > 0x7e)
            return 0;
    return 1;
}

static void note_agon(struct elf *elf, uint64_t offset, const Elf64_Nhdr *h)
{
    struct agon_note note;

    if (elf->report->has_note || h->n_descsz != 96 || !get(elf, offset, &note, sizeof(note)))
        return;
    if (!is_printable(note.id, sizeof(note.id)) ||
        !is_printable(note.version, sizeof(note.version)))
        return;
    elf->report->note = note;
    elf->report->has_note = 1;
}

static void notes(struct elf *elf)
{
    for (uint32_t i = 0; i < elf->n_segments; i++) {
        const Elf64_Phdr *s = &elf->segments[i];
        uint64_t offset = s->p_offset, end = s->p_offset + s->p_filesz;
        uint64_t align = s->p_align == 8 ? 8 : 4;

        if (s->p_type != PT_NOTE)
            continue;
        while (end - offset >= sizeof(Elf64_Nhdr)) {
            Elf64_Nhdr h;
            uint64_t name, desc, next;
            const unsigned char *owner;

            get(elf, offset, &h, sizeof(h));
            name = offset + sizeof(h);
            desc = (name + h.n_namesz + align - 1) / align * align;
            next = (desc + h.n_descsz + align - 1) / align * align;
            if (desc > end || h.n_descsz > end - desc)
                break;
            owner = elf->bytes + name;
            if (h.n_namesz == 5 && memcmp(owner, "Agon", 5) == 0 && h.n_type == AGON_NOTE_TYPE)
                note_agon(elf, offset, &h);
            if (h.n_namesz == 4 && memcmp(owner, "GNU", 4) == 0 && h.n_type == NT_GNU_BUILD_ID &&
                h.n_descsz <= 32 && elf->report->build_id[0] == 0)
                for (uint32_t k = 0; k < h.n_descsz; k++)
                    snprintf(elf->report->build_id + 2 * k, 3, "%02x", elf->bytes[desc + k]);
            if (next > end)
                break;
            offset = next;
        }
    }
}

static void identity(struct elf *elf)
{
    const struct agon_note *note = &elf->report->note;

    checked(elf, S04);
    checked(elf, S21);
    notes(elf);
    if (elf->report->build_id[0] == 0)
        find(elf, S21, 0, "no build id: link with -Wl,--build-id");
    if (!elf->report->has_note) {
        find(elf, S04, 0, "no Agon note, or a damaged one: is this a plugin? AGON_NOTE makes it");
        return;
    }
    checked(elf, S05);
    if (note->abi_major != AGON_ABI_MAJOR ||
        (AGON_ABI_MAJOR == 0 ? note->abi_minor != AGON_ABI_MINOR
                             : note->abi_minor > AGON_ABI_MINOR))
        find(elf, S05, 0, "made for SDK %u.%u, this host serves %u.%u: rebuild it", note->abi_major,
             note->abi_minor, AGON_ABI_MAJOR, AGON_ABI_MINOR);
    else if (note->abi_minor == AGON_ABI_MINOR && note->layout_hash != AGON_LAYOUT_HASH)
        find(elf, S05, 0, "made with changed SDK headers (layout %08x, the host's is %08x)",
             note->layout_hash, AGON_LAYOUT_HASH);
}

static void flags(struct elf *elf)
{
    uint64_t flags0 = value(elf, DT_FLAGS, NULL), flags1 = value(elf, DT_FLAGS_1, NULL);
    int has_stack = 0;

    for (unsigned i = S08; i <= S14; i++)
        checked(elf, i);
    for (uint32_t i = 0; i < elf->n_segments; i++)
        if (elf->segments[i].p_type == PT_GNU_STACK) {
            has_stack = 1;
            if (elf->segments[i].p_flags & PF_X)
                find(elf, S09, 0, "asks for an executable stack: link with -Wl,-z,noexecstack");
        }
    if (!has_stack)
        find(elf, S09, 0, "does not say that its stack is not executable (no PT_GNU_STACK)");
    if (flags1 & DF_1_PIE)
        find(elf, S01, 0, "a position-independent executable, not a shared object");
    if (has(elf, DT_TEXTREL) || (flags0 & DF_TEXTREL))
        find(elf, S08, 0, "has text relocations: compile with -fPIC");
    if (flags0 & DF_STATIC_TLS)
        find(elf, S10, 0, "uses static thread-local storage");
    if (flags1 & DF_1_NODELETE)
        find(elf, S11, 0, "is marked to stay in memory (-z nodelete)");
    if (has(elf, DT_RPATH) || has(elf, DT_RUNPATH))
        find(elf, S13, 0, "brings its own library search path");
    if (!has(elf, DT_BIND_NOW) && !(flags0 & DF_BIND_NOW) && !(flags1 & DF_1_NOW))
        find(elf, S14, 0, "is bound lazily: link with -Wl,-z,now");
    if (has(elf, DT_AUDIT) || has(elf, DT_DEPAUDIT) || has(elf, DT_FILTER) ||
        has(elf, DT_AUXILIARY))
        find(elf, S13, 0, "names libraries to load in another way than DT_NEEDED");
}

static void needed(struct elf *elf)
{
    static const char *const allowed[] = {"libc.so.6", "libm.so.6", "ld-linux-x86-64.so.2"};

    checked(elf, S07);
    for (uint32_t i = 0; i < elf->n_dynamic; i++) {
        const char *name;
        int is_allowed = 0;

        if (elf->dynamic[i].d_tag != DT_NEEDED)
            continue;
        name = string(elf, elf->dynamic[i].d_un.d_val);
        if (name == NULL || strnlen(name, 256) == 256) {
            find(elf, S03, 0, "the name of a needed library is not inside the file");
            return;
        }
        if (elf->report->n_needed < 8)
            snprintf(elf->report->needed[elf->report->n_needed], sizeof(elf->report->needed[0]),
                     "%s", name);
        elf->report->n_needed++;
        for (size_t k = 0; k < sizeof(allowed) / sizeof(allowed[0]); k++)
            is_allowed |= strcmp(name, allowed[k]) == 0;
        if (name[0] == '\0' || strchr(name, '/'))
            find(elf, S13, 0, "needs a library by path: %.80s", name);
        else if (!is_allowed)
            find(elf, S07, 0,
                 "needs %.80s; a plugin that is called in-process may need libc and "
                 "libm only",
                 name);
    }
}

static void import(struct elf *elf, const char *name)
{
    const char *why = elf_imports_forbid(name);

    elf->report->n_imports++;
    if (why != NULL)
        find(elf, S17, 0, "imports %.60s, which %s: inproc refuses it", name, why);
    else if (elf_imports_are_inexact(name))
        find(elf, S07, 1, "calls %.60s of libm: its intents repeat only on the same CPU and libc",
             name);
}

static int names(struct elf *elf)
{
    uint64_t n_bytes = 0;
    int has_entry = 0;

    checked(elf, S15);
    checked(elf, S16);
    checked(elf, S17);
    checked(elf, S18);
    for (uint32_t i = 1; i < elf->n_symbols; i++) {
        Elf64_Sym symbol;
        const char *name;
        int is_entry;

        get(elf, elf->symbols_at + (uint64_t)i * sizeof(symbol), &symbol, sizeof(symbol));
        name = string(elf, symbol.st_name);
        if (name == NULL || strnlen(name, NAME_MAX) == NAME_MAX)
            return find(elf, S03, 0, "the name of symbol %u is not inside the file", i);
        n_bytes += strlen(name);
        if (n_bytes > NAMES_MAX)
            return find(elf, S03, 0, "the names of its symbols have more than %u bytes", NAMES_MAX);
        if (symbol.st_shndx == SHN_UNDEF) {
            import(elf, name);
            continue;
        }
        if (ELF64_ST_TYPE(symbol.st_info) == STT_GNU_IFUNC)
            find(elf, S16, 0, "%.60s is an indirect function: code that runs while it is loaded",
                 name);
        if (ELF64_ST_BIND(symbol.st_info) == STB_GNU_UNIQUE)
            find(elf, S15, 0,
                 "%.60s is unique in the process, so that an old version's would be "
                 "used: compile with -fno-gnu-unique",
                 name);
        if (ELF64_ST_BIND(symbol.st_info) == STB_LOCAL ||
            ELF64_ST_VISIBILITY(symbol.st_other) == STV_HIDDEN ||
            ELF64_ST_VISIBILITY(symbol.st_other) == STV_INTERNAL || symbol.st_shndx == SHN_ABS)
            continue;
        elf->report->n_exports++;
        is_entry = strcmp(name, "agon_plugin") == 0;
        if (!is_entry) {
            find(elf, S18, 0,
                 "exports %.60s, and a plugin exports agon_plugin alone: compile with "
                 "-fvisibility=hidden",
                 name);
            continue;
        }
        has_entry = 1;
        if (ELF64_ST_TYPE(symbol.st_info) != STT_OBJECT)
            return find(elf, S04, 0, "agon_plugin is not a data object");
        if (symbol.st_size < 24 || !is_loaded(elf, symbol.st_value, symbol.st_size, 0) ||
            is_loaded(elf, symbol.st_value, symbol.st_size, PF_X))
            return find(elf, S04, 0, "agon_plugin lies outside the file's data");
    }
    if (!has_entry)
        find(elf, S04, 0,
             "exports no agon_plugin: is this a plugin? AGON_PLUGIN makes it, and `agon new` a "
             "whole one");
    return 0;
}

int elf_check(const void *bytes, uint64_t n, struct elf_report *report)
{
    struct elf elf = {.bytes = bytes, .n = n, .report = report};

    memset(report, 0, sizeof(*report));
    if (n > ELF_FILE_MAX)
        find(&elf, S01, 0, "%llu bytes; the largest plugin may have %u", (unsigned long long)n,
             ELF_FILE_MAX);
    else if (head(&elf) == 0 && segments(&elf) == 0 && loads(&elf) == 0 && parts(&elf) == 0 &&
             dynamic(&elf) == 0 && strings(&elf) == 0 && symbols(&elf) == 0) {
        identity(&elf);
        flags(&elf);
        needed(&elf);
        if (initialisers(&elf) == 0 && names(&elf) == 0 && versions(&elf) == 0 &&
            relocations(&elf, DT_RELA, DT_RELASZ) == 0)
            relocations(&elf, DT_JMPREL, DT_PLTRELSZ);
        if (has(&elf, DT_REL) || (has(&elf, DT_PLTREL) && value(&elf, DT_PLTREL, NULL) != DT_RELA))
            find(&elf, S03, 0, "has relocations without addends, which x86-64 does not use");
        if (value(&elf, DT_RELR, NULL) != 0)
            find(&elf, S03, 0,
                 "has packed relocations (DT_RELR): link with "
                 "-Wl,-z,nopack-relative-relocs");
    }
    return (int)report->n_findings;
}

const struct elf_finding *elf_refusal(const struct elf_report *report, enum elf_runner runner)
{
    const struct elf_finding *first = NULL;

    for (uint32_t i = 0; i < report->n_findings; i++) {
        const struct elf_finding *finding = &report->findings[i];

        if (finding->level[runner] != ELF_ERROR)
            continue;
        if (first == NULL)
            first = finding;
        // What it exports besides does not matter in a file that is no plugin at all.
        if (finding->id == checks[S04].id && first->id == checks[S18].id)
            first = finding;
    }
    return first;
}
