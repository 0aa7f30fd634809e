// SPDX-License-Identifier: Apache-2.0
/* What is no good plugin is refused with its reason before any of it is mapped or run (val-s01 to
 * val-s19, B-66 to B-71, B-75), and what is good is not. */
#include <check.h>
#include <dlfcn.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/elf.h"
#include "agent/image.h"
#include "arena_world.h"
#include "base/rng.h"
#include "sys/file.h"
#include "sys/memfd.h"

static struct elf_report report;

static char *bytes_of(const char *name, uint64_t *n)
{
    struct error err = {0};
    char *bytes = NULL;

    ck_assert_msg(file_read(world_plugin(name), ELF_FILE_MAX, &bytes, n, &err) >= 0, "%s",
                  err.text);
    return bytes;
}

static const struct elf_finding *find(const char *id)
{
    for (uint32_t i = 0; i < report.n_findings; i++)
        if (strcmp(report.findings[i].id, id) == 0)
            return &report.findings[i];
    return NULL;
}

static const struct {
    const char *plugin, *id;
    int process, inproc; /* refused there? */
} planted[] = {
    {"good", NULL, 0, 0},
    {"mover", NULL, 0, 0},
    {"no_note", "val-s04", 1, 1},
    {"note_abi", "val-s05", 1, 1},
    {"note_layout", "val-s05", 1, 1},
    {"no_entry", "val-s04", 1, 1},
    {"function", "val-s04", 1, 1},
    {"ctor", "val-s06", 0, 1},
    {"dtor", "val-s06", 0, 1},
    {"needed", "val-s07", 0, 1},
    {"libm", "val-s07", 0, 0},
    {"execstack", "val-s09", 1, 1},
    {"tls", "val-s10", 1, 1},
    {"nodelete", "val-s11", 0, 1},
    {"rpath", "val-s13", 1, 1},
    {"lazy", "val-s14", 0, 1},
    {"ifunc", "val-s16", 1, 1},
    {"clock", "val-s17", 0, 1},
    {"random", "val-s17", 0, 1},
    {"exit", "val-s17", 0, 1},
    {"atexit", "val-s17", 0, 1},
    {"threads", "val-s17", 0, 1},
    {"setenv", "val-s17", 0, 1},
    {"export", "val-s18", 0, 1},
    {"executable", "val-s01", 1, 1},
};

START_TEST(a_planted_defect_is_found_and_a_good_build_is_not_accused)
{
    uint64_t n;
    char *bytes = bytes_of(planted[_i].plugin, &n);

    elf_check(bytes, n, &report);
    if (planted[_i].id) {
        ck_assert_msg(find(planted[_i].id) != NULL, "%s: %s not found", planted[_i].plugin,
                      planted[_i].id);
    } else {
        for (uint32_t i = 0; i < report.n_findings; i++)
            ck_abort_msg("%s: %s %s", planted[_i].plugin, report.findings[i].id,
                         report.findings[i].text);
    }
    ck_assert_msg((elf_refusal(&report, ELF_PROCESS) != NULL) == planted[_i].process, "%s process",
                  planted[_i].plugin);
    ck_assert_msg((elf_refusal(&report, ELF_INPROC) != NULL) == planted[_i].inproc, "%s inproc",
                  planted[_i].plugin);
    if (planted[_i].inproc == 0) {
        ck_assert_int_eq(report.has_note, 1);
        ck_assert_uint_gt(strlen(report.build_id), 10);
        ck_assert_uint_eq(report.n_exports, 1);
    }
    free(bytes);
}
END_TEST

START_TEST(a_file_cut_anywhere_is_refused)
{
    uint64_t n;
    char *bytes = bytes_of("mover", &n);

    for (uint64_t cut = 0; cut < n; cut += 64) {
        // Of its own size, so that a look beyond the end is seen by the sanitizers.
        char *part = malloc(cut ? cut : 1);

        memcpy(part, bytes, cut);
        elf_check(part, cut, &report);
        ck_assert_msg(elf_refusal(&report, ELF_PROCESS) != NULL, "cut at %llu",
                      (unsigned long long)cut);
        free(part);
    }
    free(bytes);
}
END_TEST

START_TEST(changed_bytes_never_crash_the_check)
{
    uint64_t n;
    char *bytes = bytes_of("mover", &n), *copy = malloc(n);
    uint32_t refused = 0;
    struct rng rng;

    rng_init(&rng, 5);
    for (int round = 0; round < 20000; round++) {
        memcpy(copy, bytes, n);
        for (uint64_t i = rng_below(&rng, 4) + 1; i > 0; i--) {
            // Half of them where the headers and tables are.
            uint64_t at = rng_below(&rng, rng_below(&rng, 2) ? n : 2048);

            copy[at] = (char)rng_u64(&rng);
        }
        elf_check(copy, n, &report);
        refused += elf_refusal(&report, ELF_PROCESS) != NULL;
    }
    ck_assert_uint_gt(refused, 2000);
    free(copy);
    free(bytes);
}
END_TEST

/* Files that say one thing to who checks them and another to who loads them. Each is made of a good
 * one by hand, and each would run or write what nobody has looked at. */

static Elf64_Phdr *segment_of(char *bytes, uint32_t type)
{
    Elf64_Ehdr *head = (Elf64_Ehdr *)(void *)bytes;
    Elf64_Phdr *segments = (Elf64_Phdr *)(void *)(bytes + head->e_phoff);

    for (uint32_t i = 0; i < head->e_phnum; i++) {
        if (segments[i].p_type == type)
            return &segments[i];
    }
    ck_abort_msg("no segment of type %u", type);
}

static Elf64_Dyn *dynamic_of(char *bytes, int64_t tag)
{
    Elf64_Dyn *entry = (Elf64_Dyn *)(void *)(bytes + segment_of(bytes, PT_DYNAMIC)->p_offset);

    while (entry->d_tag != tag) {
        ck_assert_int_ne(entry->d_tag, DT_NULL);
        entry++;
    }
    return entry;
}

/* Where an address of a read-only part lies in the file: there both are the same. */
static Elf64_Rela *relocation_of(char *bytes)
{
    return (Elf64_Rela *)(void *)(bytes + dynamic_of(bytes, DT_RELA)->d_un.d_val);
}

static void two_dynamic_segments(char *bytes)
{
    *segment_of(bytes, PT_GNU_EH_FRAME) = *segment_of(bytes, PT_DYNAMIC);
}

/* A second one, right behind the first: what is mapped for it takes the place of the first one's
 * last page. */
static void segments_on_one_page(char *bytes)
{
    Elf64_Phdr *first = segment_of(bytes, PT_LOAD), *spare = segment_of(bytes, PT_GNU_EH_FRAME);

    memmove(first + 2, first + 1, (size_t)(spare - first - 1) * sizeof(*first));
    first[1] = *first;
    first[1].p_vaddr = first[1].p_paddr = first[1].p_offset = first->p_vaddr + first->p_memsz;
    first[1].p_filesz = first[1].p_memsz = 1;
}

static void a_relocation_of_the_dynamic_table(char *bytes)
{
    relocation_of(bytes)->r_offset = segment_of(bytes, PT_DYNAMIC)->p_vaddr + 8;
}

static void a_relocation_below_the_image(char *bytes)
{
    relocation_of(bytes)->r_offset = (uint64_t)-8;
}

static void a_relocation_of_what_is_read_only(char *bytes)
{
    relocation_of(bytes)->r_offset = dynamic_of(bytes, DT_SYMTAB)->d_un.d_val;
}

static void a_library_without_a_name(char *bytes)
{
    dynamic_of(bytes, DT_NEEDED)->d_un.d_val = 0; // the table of strings begins with an empty one
}

static const struct {
    const char *name;
    void (*make)(char *bytes);
} forged[] = {
    {"two dynamic segments", two_dynamic_segments},
    {"segments on one page", segments_on_one_page},
    {"a relocation of the dynamic table", a_relocation_of_the_dynamic_table},
    {"a relocation below the image", a_relocation_below_the_image},
    {"a relocation of what is read only", a_relocation_of_what_is_read_only},
    {"a library without a name", a_library_without_a_name},
};

START_TEST(what_the_loader_would_see_otherwise_is_refused)
{
    uint64_t n;
    char *bytes = bytes_of("image_order", &n);

    elf_check(bytes, n, &report);
    ck_assert_ptr_null(elf_refusal(&report, ELF_PROCESS));
    forged[_i].make(bytes);
    elf_check(bytes, n, &report);
    ck_assert_msg(elf_refusal(&report, ELF_PROCESS) != NULL, "%s", forged[_i].name);
    free(bytes);
}
END_TEST

/* Room for tables behind all that is there, mapped read-only at the same addresses. */
static char *with_room(char *bytes, uint64_t *n, uint64_t room, uint64_t *at)
{
    uint64_t end = (*n + 65535) / 65536 * 65536 + ((uint64_t)1 << 20);
    char *more = calloc(1, end + room);
    Elf64_Phdr *spare, *load;

    ck_assert_ptr_nonnull(more);
    memcpy(more, bytes, *n);
    free(bytes);
    load = spare = segment_of(more, PT_GNU_EH_FRAME);
    while (load[-1].p_type != PT_LOAD) // they come in the order of their addresses
        load--;
    memmove(load + 1, load, (size_t)(spare - load) * sizeof(*load));
    *load = (Elf64_Phdr){.p_type = PT_LOAD,
                         .p_flags = PF_R,
                         .p_offset = end,
                         .p_vaddr = end,
                         .p_paddr = end,
                         .p_filesz = room,
                         .p_memsz = room,
                         .p_align = 4096};
    *at = end;
    *n = end + room;
    return more;
}

/* Names of 4,000 bytes that lie in each other: a small file, and hours of looking at them. */
START_TEST(what_would_take_long_to_look_at_is_refused)
{
    static const char *const why[] = {"names of its symbols", "versions of symbols"};
    uint32_t n_old, n_new = 60000, n_strings;
    uint64_t n, at, strings;
    char *bytes = bytes_of(_i == 0 ? "good" : "image_order", &n);

    bytes = with_room(bytes, &n, (uint64_t)4 << 20, &at);
    elf_check(bytes, n, &report);
    ck_assert_msg(elf_refusal(&report, ELF_PROCESS) == NULL, "%s",
                  elf_refusal(&report, ELF_PROCESS)->text);
    if (_i == 0) {
        Elf64_Dyn *symbols = dynamic_of(bytes, DT_SYMTAB), *names = dynamic_of(bytes, DT_STRTAB);
        Elf64_Sym *table = (Elf64_Sym *)(void *)(bytes + at);
        uint32_t *hash;

        n_strings = (uint32_t)dynamic_of(bytes, DT_STRSZ)->d_un.d_val;
        n_old = (uint32_t)((names->d_un.d_val - symbols->d_un.d_val) / sizeof(*table));
        memcpy(table, bytes + symbols->d_un.d_val, n_old * sizeof(*table));
        strings = at + n_new * sizeof(*table);
        memcpy(bytes + strings, bytes + names->d_un.d_val, n_strings);
        memset(bytes + strings + n_strings, 'a', 4000);
        for (uint32_t i = n_old; i < n_new; i++)
            table[i] = (Elf64_Sym){.st_name = n_strings, .st_info = STB_WEAK << 4};
        symbols->d_un.d_val = at;
        names->d_un.d_val = strings;
        dynamic_of(bytes, DT_STRSZ)->d_un.d_val = n_strings + 4001;
        // One bucket, whose chain is all symbols.
        at = (strings + n_strings + 8192) / 8 * 8;
        hash = (uint32_t *)(void *)(bytes + at);
        hash[0] = hash[1] = hash[2] = 1;
        hash[6] = 1;
        hash[7 + n_new - 2] = 1;
        dynamic_of(bytes, DT_GNU_HASH)->d_un.d_val = at;
    } else {
        for (int i = 0; i < 2; i++) {
            char *need = bytes + at + (uint64_t)i * 65536;

            *(Elf64_Verneed *)(void *)need =
                (Elf64_Verneed){1, 3000, 1, sizeof(Elf64_Verneed), i == 0 ? 65536 : 0};
            for (int k = 0; k < 3000; k++)
                ((Elf64_Vernaux *)(void *)(need + sizeof(Elf64_Verneed)))[k] =
                    (Elf64_Vernaux){0, 0, 2, 1, sizeof(Elf64_Vernaux)};
        }
        dynamic_of(bytes, DT_VERNEED)->d_un.d_val = at;
        dynamic_of(bytes, DT_VERNEEDNUM)->d_un.d_val = 2;
    }
    elf_check(bytes, n, &report);
    ck_assert_msg(elf_refusal(&report, ELF_PROCESS) != NULL &&
                      strstr(elf_refusal(&report, ELF_PROCESS)->text, why[_i]) != NULL,
                  "%s: %s", why[_i],
                  elf_refusal(&report, ELF_PROCESS) ? elf_refusal(&report, ELF_PROCESS)->text : "");
    free(bytes);
}
END_TEST

/* Notes alone fill the list: what forbids the file is in it all the same. */
START_TEST(no_number_of_notes_hides_an_error)
{
    uint64_t n;
    char *bytes = bytes_of("image_order", &n);
    Elf64_Phdr *segment = segment_of(bytes, PT_DYNAMIC);
    Elf64_Dyn *all = (Elf64_Dyn *)(void *)(bytes + segment->p_offset);
    uint64_t libm = dynamic_of(bytes, DT_NEEDED)->d_un.d_val;
    size_t room = segment->p_filesz / sizeof(*all), at = 0;
    struct {
        Elf64_Dyn dynamic[512];
    } *more = calloc(1, sizeof(*more));
    char *longer = calloc(1, n + 65536);
    uint64_t n_longer = (n + 4095) / 4096 * 4096;

    // The table moves behind the file, into a segment of its own that is written as it was.
    for (size_t i = 0; i < room && all[i].d_tag != DT_NULL; i++)
        more->dynamic[at++] = all[i];
    for (int i = 0; i < 100; i++) // libm's name without its first letter is no library's
        more->dynamic[at++] = (Elf64_Dyn){.d_tag = DT_NEEDED, .d_un.d_val = libm + 1};
    at++;
    memcpy(longer, bytes, n);
    memcpy(longer + n_longer, more->dynamic, at * sizeof(*all));
    segment = segment_of(longer, PT_GNU_EH_FRAME); // behind all that is loaded, as its address is
    *segment = *segment_of(longer, PT_DYNAMIC);
    segment->p_type = PT_LOAD;
    segment->p_flags = PF_R | PF_W;
    segment->p_align = 4096;
    segment->p_offset = n_longer;
    segment->p_vaddr = segment->p_paddr = 1u << 24;
    segment->p_filesz = segment->p_memsz = at * sizeof(*all);
    *segment_of(longer, PT_DYNAMIC) = (Elf64_Phdr){.p_type = PT_DYNAMIC,
                                                   .p_flags = PF_R | PF_W,
                                                   .p_offset = n_longer,
                                                   .p_vaddr = 1u << 24,
                                                   .p_paddr = 1u << 24,
                                                   .p_filesz = at * sizeof(*all),
                                                   .p_memsz = at * sizeof(*all),
                                                   .p_align = 8};
    relocation_of(longer)->r_info = 99; // looked at after the libraries
    elf_check(longer, n_longer + at * sizeof(*all), &report);
    ck_assert_uint_eq(report.n_findings, ELF_FINDINGS_MAX);
    ck_assert_ptr_nonnull(find("val-s03"));
    ck_assert_ptr_nonnull(elf_refusal(&report, ELF_PROCESS));
    free(longer);
    free(more);
    free(bytes);
}
END_TEST

START_TEST(every_forbidden_import_is_named)
{
    static const char *const names[] = {"fork", "execve", "socket", "pthread_create",
                                        "mmap", "signal", "kill",   "open"};
    uint64_t n;
    char *bytes = bytes_of("faulty", &n);

    elf_check(bytes, n, &report);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char text[64];
        uint32_t k = 0;

        snprintf(text, sizeof(text), "imports %s,", names[i]);
        while (k < report.n_findings && strstr(report.findings[k].text, text) == NULL)
            k++;
        ck_assert_msg(k < report.n_findings, "%s is not named", names[i]);
    }
    free(bytes);
}
END_TEST

static int sealed(const char *bytes, uint64_t n)
{
    struct error err = {0};
    int fd = memfd_new("agon-test", n, &err);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(pwrite(fd, bytes, n, 0), (ssize_t)n);
    ck_assert_int_eq(memfd_seal(fd, 1, &err), AGON_OK);
    return fd;
}

START_TEST(what_the_check_passes_is_mapped_or_refused_and_never_crashes_the_loader)
{
    static const char *const plugins[] = {"mover", "image_tls", "image_order", "faulty"};
    const char *plugin = plugins[_i];
    uint64_t n;
    char *bytes = bytes_of(plugin, &n), *copy = malloc(n);
    uint32_t mapped = 0, passed = 0;
    struct rng rng;

    rng_init(&rng, 6);
    for (int round = 0; round < 6000; round++) {
        struct error err = {0};
        struct image image;
        int fd;

        memcpy(copy, bytes, n);
        for (uint64_t i = rng_below(&rng, 3) + 1; i > 0; i--) {
            uint64_t at = rng_below(&rng, rng_below(&rng, 2) ? n : 4096);

            copy[at] = (char)rng_u64(&rng);
        }
        elf_check(copy, n, &report);
        if (elf_refusal(&report, ELF_PROCESS) != NULL)
            continue;
        passed++;
        fd = sealed(copy, n);
        if (image_map(&image, fd, &err) >= 0) {
            mapped++;
            ck_assert_uint_ne(image_offset(&image, (uint64_t)(uintptr_t)image.entry), UINT64_MAX);
            image_unmap(&image);
        } else {
            ck_assert_uint_gt(strlen(err.text), 5);
        }
        close(fd);
    }
    ck_assert_uint_gt(passed, 1000);
    ck_assert_uint_gt(mapped, 500);
    free(copy);
    free(bytes);
}
END_TEST

/* Through the loader: files that are no files, and what only the mapped entry shows. */

static char directory[256];

static const char *made(const char *name, const void *bytes, size_t n)
{
    static char path[512];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, n, file), n);
    fclose(file);
    return path;
}

static int load(const char *path, enum elf_runner runner, struct error *err)
{
    struct plugin_file file;
    struct plugin plugin = {0};
    int rc;

    memset(err, 0, sizeof(*err));
    rc = plugin_file_stage(&file, path, runner == ELF_INPROC ? directory : NULL, 1, err);
    if (rc >= 0)
        rc = runner == ELF_INPROC ? plugin_open(&plugin, &file, err)
                                  : plugin_map(&plugin, &file, ELF_PROCESS, err);
    if (rc >= 0 && runner == ELF_INPROC)
        rc = plugin_close(&plugin);
    plugin_file_drop(&file);
    return rc;
}

static void setup(void)
{
    snprintf(directory, sizeof(directory), "/tmp/agon-elf-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
}

static void teardown(void)
{
    char command[300];

    snprintf(command, sizeof(command), "rm -rf %s", directory);
    ck_assert_int_eq(system(command), 0);
}

/* The dynamic loader gives the whole process an executable stack for it. */
START_TEST(a_library_that_opens_memory_to_code_is_refused)
{
    struct error err;
    uint64_t n;
    char *bytes = bytes_of("needed", &n), *name = bytes;

    while (memcmp(name, "libz.so.1", 10) != 0)
        ck_assert_ptr_ne(++name, bytes + n - 10);
    memcpy(name, "libx.so.9", 10);
    ck_assert_int_lt(load(made("opens", bytes, n), ELF_PROCESS, &err), 0);
    ck_assert_ptr_nonnull(strstr(err.text, "needs libx.so.9, which cannot be loaded"));
    // Where the system lets it be loaded at all, it is found by its name from here on.
    if (dlopen(world_plugin("open_library"), RTLD_NOW | RTLD_LOCAL) != NULL) {
        ck_assert_int_lt(load(made("opens", bytes, n), ELF_PROCESS, &err), 0);
        ck_assert_msg(strstr(err.text, "writable and executable") != NULL, "%s", err.text);
    }
    free(bytes);
}
END_TEST

START_TEST(what_is_no_plugin_file_is_refused_with_its_reason)
{
    static char big[4096];
    struct error err;
    char path[512];
    uint64_t n;
    char *bytes;

    ck_assert_int_lt(load(made("empty", "", 0), ELF_PROCESS, &err), 0);
    ck_assert_ptr_nonnull(strstr(err.text, "empty"));
    ck_assert_int_lt(load(made("text", "#!/bin/sh\necho hello\n", 21), ELF_PROCESS, &err), 0);
    ck_assert_ptr_nonnull(strstr(err.text, "not an ELF file"));
    ck_assert_int_lt(load(made("zeros", big, sizeof(big)), ELF_PROCESS, &err), 0);
    ck_assert_int_lt(load("/bin/sh", ELF_PROCESS, &err), 0);
    ck_assert_int_lt(load(directory, ELF_PROCESS, &err), 0);
    ck_assert_ptr_nonnull(strstr(err.text, "regular file"));
    ck_assert_int_eq(load("/nowhere/x.so", ELF_PROCESS, &err), AGON_ENOENT);
    // A FIFO would stop us, a link could change under us, 4 GiB would fill memory.
    snprintf(path, sizeof(path), "%s/fifo", directory);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert_int_lt(load(path, ELF_PROCESS, &err), 0);
    snprintf(path, sizeof(path), "%s/link.so", directory);
    ck_assert_int_eq(symlink(world_plugin("good"), path), 0);
    ck_assert_int_lt(load(path, ELF_PROCESS, &err), 0);
    ck_assert_ptr_nonnull(strstr(err.text, "symbolic link"));
    ck_assert_int_eq(truncate(made("sparse", "\177ELF", 4), 4ll << 30), 0);
    snprintf(path, sizeof(path), "%s/sparse", directory);
    ck_assert_int_lt(load(path, ELF_PROCESS, &err), 0);
    ck_assert_ptr_nonnull(strstr(err.text, "256 MiB"));
    // Other machines, other sizes.
    bytes = bytes_of("good", &n);
    bytes[18] = (char)183; // AArch64
    ck_assert_int_lt(load(made("arm", bytes, n), ELF_PROCESS, &err), 0);
    ck_assert_ptr_nonnull(strstr(err.text, "machine 183"));
    bytes[18] = 62;
    bytes[4] = 1;
    ck_assert_int_lt(load(made("narrow", bytes, n), ELF_PROCESS, &err), 0);
    ck_assert_ptr_nonnull(strstr(err.text, "64-bit"));
    free(bytes);
}
END_TEST

#define TEXT_(number) #number
#define TEXT(number)  TEXT_(number)
static const struct {
    const char *plugin, *why;
} entries[] = {
    {"note_id", "make them the same"},
    {"size", "size 8"},
    {"param", "min <= def <= max"},
    {"id", "id: must be like"},
    {"names", "publishes: number 1 has no name"},
    {"names_twice", "publishes: trend stands there twice"},
    {"names_many", "publishes: 9 names; at most 8"},
    {"names_none", "publishes: number 0 has no name"},
    {"tags", "tags: number 1 has no name"},
    {"metrics", "metrics: number 1 has no name"},
    {"more", "event_more 0x10000: types that this host has not"},
    {"note_abi",
     "made for SDK 0.77, this host serves " TEXT(AGON_ABI_MAJOR) "." TEXT(AGON_ABI_MINOR)},
    {"note_layout", "changed SDK headers"},
};

START_TEST(what_only_the_entry_shows_is_refused_too)
{
    struct error err;

    ck_assert_int_lt(load(world_plugin(entries[_i].plugin), ELF_INPROC, &err), 0);
    ck_assert_msg(strstr(err.text, entries[_i].why) != NULL, "%s", err.text);
}
END_TEST

START_TEST(a_descriptor_of_an_earlier_sdk_loads_and_declares_no_signals)
{
    struct plugin_file file;
    struct plugin plugin;
    struct plugin_info info;
    struct error err = {0};

    ck_assert_int_ge(plugin_file_stage(&file, world_plugin("old"), directory, 1, &err), 0);
    ck_assert_msg(plugin_open(&plugin, &file, &err) >= 0, "%s", err.text);
    plugin_info_fill(&info, plugin.entry, 0);
    ck_assert_uint_eq(info.n_publishes, 0);
    ck_assert_uint_eq(info.n_reads, 0);
    ck_assert_uint_eq(info.event_more, 0);
    ck_assert_uint_eq(info.n_tags, 0);
    ck_assert_uint_eq(info.n_metrics, 0);
    ck_assert_int_eq(plugin_close(&plugin), AGON_OK);
    plugin_file_drop(&file);
}
END_TEST

START_TEST(a_new_build_under_the_same_path_is_the_new_build)
{
    // SDK E1: the dynamic loader matches names; E2: a mapped file that is overwritten kills.
    struct plugin_file first_file, second_file;
    struct plugin first, second;
    struct error err = {0};
    char path[512];
    uint64_t n;
    char *bytes = bytes_of("good", &n);

    snprintf(path, sizeof(path), "%s", made("same.so", bytes, n));
    free(bytes);
    ck_assert_int_ge(plugin_file_stage(&first_file, path, directory, 1, &err), 0);
    ck_assert_int_ge(plugin_open(&first, &first_file, &err), 0);
    bytes = bytes_of("mover", &n);
    (void)made("same.so", bytes, n); // in place, as cp does
    free(bytes);
    ck_assert_int_ge(plugin_file_stage(&second_file, path, directory, 1, &err), 0);
    ck_assert_msg(plugin_open(&second, &second_file, &err) >= 0, "%s", err.text);
    ck_assert_str_eq(first.entry->plugins[0]->id, "org.example.defect");
    ck_assert_str_eq(second.entry->plugins[0]->id, "org.example.mover");
    ck_assert_mem_ne(first_file.hash, second_file.hash, HASH_SIZE);
    ck_assert_int_eq(truncate(path, 0), 0);
    ck_assert_str_eq(first.entry->plugins[0]->id, "org.example.defect");
    ck_assert_int_eq(plugin_close(&first), AGON_OK);
    ck_assert_int_eq(plugin_close(&second), AGON_OK);
    plugin_file_drop(&first_file);
    plugin_file_drop(&second_file);
}
END_TEST

START_TEST(five_hundred_reloads_leave_no_map_behind)
{
    struct error err;

    for (int i = 0; i < 500; i++)
        ck_assert_int_eq(load(world_plugin("good"), ELF_INPROC, &err), AGON_OK);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("elf");
    TCase *tcase = tcase_create("elf");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_unchecked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, a_planted_defect_is_found_and_a_good_build_is_not_accused, 0,
                        (int)(sizeof(planted) / sizeof(planted[0])));
    tcase_add_test(tcase, a_file_cut_anywhere_is_refused);
    tcase_add_test(tcase, changed_bytes_never_crash_the_check);
    tcase_add_test(tcase, every_forbidden_import_is_named);
    tcase_add_loop_test(tcase, what_the_loader_would_see_otherwise_is_refused, 0,
                        (int)(sizeof(forged) / sizeof(forged[0])));
    tcase_add_loop_test(tcase, what_would_take_long_to_look_at_is_refused, 0, 2);
    tcase_add_test(tcase, no_number_of_notes_hides_an_error);
    tcase_add_loop_test(
        tcase, what_the_check_passes_is_mapped_or_refused_and_never_crashes_the_loader, 0, 4);
    tcase_add_test(tcase, a_library_that_opens_memory_to_code_is_refused);
    tcase_add_test(tcase, what_is_no_plugin_file_is_refused_with_its_reason);
    tcase_add_loop_test(tcase, what_only_the_entry_shows_is_refused_too, 0,
                        (int)(sizeof(entries) / sizeof(entries[0])));
    tcase_add_test(tcase, a_descriptor_of_an_earlier_sdk_loads_and_declares_no_signals);
    tcase_add_test(tcase, a_new_build_under_the_same_path_is_the_new_build);
    tcase_add_test(tcase, five_hundred_reloads_leave_no_map_behind);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
