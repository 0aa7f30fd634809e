// SPDX-License-Identifier: Apache-2.0
/* swap: what runs is what was hashed, while somebody swaps, renames, rewrites and cuts the file
 * that is being loaded (SDK E22, B-71).
 *
 *   swap [LOADS]
 *
 * A process of its own puts three builds of one plugin in each other's place without a pause: by a
 * symbolic link to another folder, by one in place of the file, by rename, by rewriting the bytes
 * in place in pieces, by cutting the file short. Each load is the product's: stage, check, map and
 * begin in a child of its own, every eighth in this process. It has seen a new state of the file
 * when it begins. What was loaded counts the letters of its own memory: they have to be those of
 * the copy, and the copy's hash the one that was recorded. A copy may be of two builds at once,
 * which its hash then is of; a load may be refused. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/child_main.h"
#include "arena_world.h"
#include "sys/file.h"

#define BUILDS  3
#define LETTERS 200000 /* as variant.c has it */
#define PIECE   4096
#define WAYS    7 /* three of them rewrite it */

static const char *const names[2][BUILDS] = {{"variant_x", "variant_y", "variant_z"},
                                             {"inproc_x", "inproc_y", "inproc_z"}};
struct build {
    char *bytes; /* owned */
    uint64_t n, letters_at;
};
static struct build builds[2][BUILDS]; /* of a process, inproc */
static char dir[256];
static char paths[2][352], links[2][320]; /* of the file, of its folder */
static _Atomic uint64_t *n_swaps;         /* shared with who swaps */

static void die(const char *what)
{
    fprintf(stderr, "FAIL: %s (%s)\n", what, strerror(errno));
    exit(1);
}

/* The file */

static void put(const char *to, const struct build *build)
{
    int fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

    if (fd < 0 || write(fd, build->bytes, build->n) != (ssize_t)build->n)
        die(to);
    (void)close(fd);
}

/* In pieces, from both ends in turn, and others may look in between. */
static void rewrite(const char *path, const struct build *with)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);

    for (uint64_t at = 0; fd >= 0 && at < with->n; at += PIECE) {
        uint64_t where = at / PIECE % 2 ? at : (with->n / PIECE - at / PIECE) * PIECE;
        uint64_t rest = with->n - where;

        (void)!pwrite(fd, with->bytes + where, rest < PIECE ? rest : PIECE, (off_t)where);
        if (at / PIECE % 8 == 7)
            (void)sched_yield();
    }
    if (fd >= 0)
        (void)close(fd);
}

/* Whatever stands there and whoever looks: a step that does not work is none. */
static void swap(int kind, uint64_t n, const struct build *with)
{
    char other[352], target[352];
    int fd;

    (void)snprintf(other, sizeof(other), "%s/new", dir);
    switch (n % WAYS) {
    case 0: // the folder is another one
        (void)snprintf(target, sizeof(target), "folder-%d-%d", kind, (int)(n / WAYS % 2));
        (void)!symlink(target, other);
        (void)rename(other, links[kind]);
        break;
    case 1: // in place of the file a link to one, and a file again
        (void)snprintf(target, sizeof(target), "%s/aside-%d", dir, kind);
        put(target, with);
        (void)!symlink(target, other);
        (void)rename(other, paths[kind]);
        put(other, with);
        (void)rename(other, paths[kind]);
        break;
    case 2: // another file of its name
        put(other, with);
        (void)rename(other, paths[kind]);
        break;
    case 3: // cut, and made whole
        fd = open(paths[kind], O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
        if (fd >= 0) {
            (void)!ftruncate(fd, (off_t)(with->n / 2));
            (void)!pwrite(fd, with->bytes, with->n, 0);
            (void)close(fd);
        }
        break;
    default:
        rewrite(paths[kind], with);
        break;
    }
}

static _Noreturn void keep_swapping(pid_t of)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (getppid() == of) {
        uint64_t n = atomic_load(n_swaps);

        for (int kind = 0; kind < 2; kind++)
            swap(kind, n, &builds[kind][(n + n / WAYS) % BUILDS]);
        atomic_store(n_swaps, n + 1);
    }
    _exit(0);
}

/* Loading */

struct tally {
    uint64_t ran[BUILDS], torn, refused;
};

static void count(const char *letters, uint32_t n[BUILDS])
{
    memset(n, 0, BUILDS * sizeof(*n));
    for (uint32_t i = 0; i < LETTERS; i++)
        for (uint32_t k = 0; k < BUILDS; k++)
            n[k] += letters[i] == "xyz"[k];
}

/* The letters of the copy, whose hash has to be the one that was recorded. */
static void look(const struct plugin_file *file, const struct build *build, uint32_t n[BUILDS])
{
    unsigned char digest[HASH_SIZE];
    struct hash hash;
    char *bytes = malloc(file->bytes);

    if (bytes == NULL || pread(file->fd, bytes, file->bytes, 0) != (ssize_t)file->bytes)
        die("the copy cannot be read");
    hash_init(&hash);
    hash_update(&hash, bytes, file->bytes);
    hash_final(&hash, digest);
    if (memcmp(digest, file->hash, HASH_SIZE) != 0)
        die("the copy is not what was hashed");
    if (file->bytes == build->n) // else it is cut
        count(bytes + build->letters_at, n);
    free(bytes);
}

static void tally_up(struct tally *tally, const uint32_t n[BUILDS], const uint32_t of_copy[BUILDS])
{
    int is_whole = 0;

    if (memcmp(n, of_copy, BUILDS * sizeof(*n)) != 0) {
        fprintf(stderr, "FAIL: hashed %u/%u/%u, ran %u/%u/%u\n", of_copy[0], of_copy[1], of_copy[2],
                n[0], n[1], n[2]);
        exit(1);
    }
    for (uint32_t k = 0; k < BUILDS; k++)
        if (n[k] == LETTERS - 1) { // but the end of the text
            tally->ran[k]++;
            is_whole = 1;
        }
    tally->torn += !is_whole;
}

static int load_child(const struct plugin_file *file, uint32_t n[BUILDS], struct error *err)
{
    static struct plugin_info info;
    int rc = plugin_probe(file, NULL, 0, 0, &info, err);

    if (rc >= 0 && sscanf(info.summary, "%u %u %u", &n[0], &n[1], &n[2]) != 3)
        die("what ran does not say what it is");
    return rc;
}

static int load_here(const struct plugin_file *file, uint32_t n[BUILDS], struct error *err)
{
    struct plugin plugin = {0};
    int rc = plugin_open(&plugin, file, err);

    if (rc < 0)
        return rc;
    count(plugin.entry->plugins[0]->summary, n);
    if (plugin_close(&plugin) < 0)
        die("a plugin stays mapped");
    return rc;
}

static void load(uint64_t nth, struct tally *tally)
{
    struct plugin_file file = {.fd = -1};
    struct error err = {0};
    uint32_t of_copy[BUILDS] = {0}, n[BUILDS] = {0};
    int is_here = nth % 8 == 7;
    int rc = plugin_file_stage(&file, paths[is_here], is_here ? dir : NULL, 1, &err);

    if (rc >= 0) {
        look(&file, &builds[is_here][0], of_copy);
        rc = is_here ? load_here(&file, n, &err) : load_child(&file, n, &err);
    }
    if (rc >= 0)
        tally_up(tally, n, of_copy);
    else
        tally->refused++;
    plugin_file_drop(&file);
}

/* Begin and end */

static void read_builds(void)
{
    for (uint32_t kind = 0; kind < 2; kind++)
        for (uint32_t k = 0; k < BUILDS; k++) {
            struct build *build = &builds[kind][k];
            struct error err = {0};
            char run[65];
            const char *found;

            if (file_read(world_plugin(names[kind][k]), ELF_FILE_MAX, &build->bytes, &build->n,
                          &err) < 0)
                die(err.text);
            memset(run, "xyz"[k], 64);
            found = memmem(build->bytes, build->n, run, 64);
            if (found == NULL)
                die("a build without its letters");
            build->letters_at = (uint64_t)(found - build->bytes);
            if (build->n != builds[kind][0].n || build->letters_at != builds[kind][0].letters_at)
                die("the builds differ in more than their letters");
        }
}

static void make_folders(void)
{
    const char *root = getenv("TMPDIR");
    char folder[320];

    (void)snprintf(dir, sizeof(dir), "%s/agon-swap-XXXXXX", root ? root : "/tmp");
    if (mkdtemp(dir) == NULL)
        die(dir);
    for (int kind = 0; kind < 2; kind++) {
        for (int i = 0; i < 2; i++) {
            (void)snprintf(folder, sizeof(folder), "%s/folder-%d-%d", dir, kind, i);
            if (mkdir(folder, 0755) < 0)
                die(folder);
            (void)snprintf(paths[kind], sizeof(paths[kind]), "%s/plugin.so", folder);
            put(paths[kind], &builds[kind][i]);
        }
        (void)snprintf(links[kind], sizeof(links[kind]), "%s/now-%d", dir, kind);
        (void)snprintf(paths[kind], sizeof(paths[kind]), "%s/now-%d/plugin.so", dir, kind);
        (void)snprintf(folder, sizeof(folder), "folder-%d-0", kind);
        if (symlink(folder, links[kind]) < 0)
            die(links[kind]);
    }
}

static pid_t swapper;

static void end(void)
{
    char command[320];

    if (swapper > 0) {
        (void)kill(swapper, SIGKILL);
        (void)waitpid(swapper, NULL, 0);
    }
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", dir);
    (void)!system(command);
}

int main(int argc, char **argv)
{
    struct tally process = {0}, inproc = {0};
    uint64_t n_loads, seen = 0;
    pid_t parent = getpid();

    if (argc > 1 && strcmp(argv[1], CHILD_COMMAND) == 0)
        return child_main(argc, argv);
    n_loads = argc > 1 ? strtoull(argv[1], NULL, 10) : 200;
    read_builds();
    make_folders();
    (void)atexit(end);
    n_swaps = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (n_swaps == MAP_FAILED)
        die("no memory");
    swapper = fork();
    if (swapper == 0)
        keep_swapping(parent);
    for (uint64_t i = 0; i < n_loads; i++) {
        while (atomic_load(n_swaps) == seen)
            (void)sched_yield();
        seen = atomic_load(n_swaps);
        load(i, i % 8 == 7 ? &inproc : &process);
    }
    for (uint32_t kind = 0; kind < 2; kind++) {
        const struct tally *tally = kind ? &inproc : &process;

        printf("%-8s ran as hashed: %llu x, %llu y, %llu z, %llu of two builds; refused %llu\n",
               kind ? "inproc" : "process", (unsigned long long)tally->ran[0],
               (unsigned long long)tally->ran[1], (unsigned long long)tally->ran[2],
               (unsigned long long)tally->torn, (unsigned long long)tally->refused);
    }
    printf("%llu loads against %llu swaps, renames and rewrites: what ran is what was hashed\n",
           (unsigned long long)n_loads, (unsigned long long)atomic_load(n_swaps));
    if (process.ran[0] + process.ran[1] + process.ran[2] == 0)
        die("nothing was ever loaded");
    return 0;
}
