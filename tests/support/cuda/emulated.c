// SPDX-License-Identifier: Apache-2.0
/* A library that stands in for the CUDA driver: a card with two multiprocessors, whose kernels are
 * kernels.cu compiled as C. The device's code (host/kernels/cuda) opens it as it opens a driver.
 *
 * EMULATED_FAILS names calls that fail, with commas between: "cuInit", or "cuMemAlloc_v2:2" for the
 * second of them alone; "cuLaunchKernel:3=hang" does not come back, "=die" ends the process.
 * EMULATED_FIRST: only in the first of several processes that write to one stderr. EMULATED_STICKY:
 * once a kernel or a copy has failed all calls do, as on a card. EMULATED_SAYS: each call and what
 * is wrong with it goes to stderr, a line each.
 * CUDA_EMULATED is for whoever hands on what is CUDA's alone: "FAILS=...;STICKY=1" is those two.
 *
 * Memory of the card has pages before and behind it that nobody may touch, holds rubbish when it is
 * taken, and what is given back has to be 0.
 * EMULATED_CARD: it is one for all processes that have one file as their stderr, and what is given
 * back, or was a process' that was killed, stays there as it is for who takes it next; in a process
 * that gave it back its address still leads there. "protected": as a card's is. "reaches": an
 * address leads to the same byte in each process. "keeps": a kernel's shared memory and heap stay
 * too, which a driver clears when a process begins. */
#include "emulated.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/sanitized.h"
#include "kernels/cuda/grid.h"

#define EXPORT        __attribute__((visibility("default")))
#define LAUNCH_FAILED 719
#define OUT_OF_MEMORY 2
#define NOT_FOUND     500

typedef void (*kernel_fn)(const void *args);
#define EMULATED_DECLARE(name, type) void emulated_##name(const void *args);
GRID_KERNELS(EMULATED_DECLARE)
static const struct {
    const char *name;
    kernel_fn fn;
} kernels[] = {
#define EMULATED_ROW(name, type) {"agon_" #name, emulated_##name},
    GRID_KERNELS(EMULATED_ROW)};

struct emulated_dim threadIdx, blockIdx, blockDim, gridDim;

#define CALLS_MAX        64
#define BLOCKS_MAX       256
#define PAGE             ((size_t)4096)
#define ILLEGAL          700
#define OPERATING_SYSTEM 304

static struct {
    const char *name;
    uint32_t count;
} calls[CALLS_MAX];
static int sticky, is_later;
static uint32_t n_users; /* of the card's one context */

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *format, ...)
{
    char line[160];
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(line, sizeof(line), format, args);
    va_end(args);

    if (getenv("EMULATED_SAYS") != NULL && write(2, line, (size_t)n) != n)
        abort();
}

static void take_words(void)
{
    static char words[512];
    char *rest = words;

    (void)snprintf(words, sizeof(words), "%s", getenv("CUDA_EMULATED"));
    for (char *word; (word = strsep(&rest, ";")) != NULL;) {
        char name[64];
        char *value = strchr(word, '=');

        if (value == NULL)
            continue;
        *value = '\0';
        (void)snprintf(name, sizeof(name), "EMULATED_%s", word);
        (void)setenv(name, value + 1, 1);
    }
}

__attribute__((constructor)) static void look_who_was_here(void)
{
    struct stat stat;

    if (getenv("CUDA_EMULATED") != NULL)
        take_words();
    is_later = getenv("EMULATED_FIRST") != NULL && fstat(2, &stat) == 0 && stat.st_size > 0;
}

static uint32_t counted(const char *call)
{
    uint32_t i = 0;

    while (i < CALLS_MAX - 1 && calls[i].name != NULL && strcmp(calls[i].name, call) != 0)
        i++;
    calls[i].name = call;
    return ++calls[i].count;
}

/* Whether the call is one that fails; of those that hang or end the process it does not return. */
static int fails(const char *call)
{
    uint32_t count = counted(call);
    size_t length = strlen(call);
    const char *at = getenv("EMULATED_FAILS");

    say("%s\n", call);
    for (; at != NULL && !is_later; at = strchr(at, ','), at += at != NULL) {
        const char *rest = at + length;
        unsigned wanted = 0;
        char *end;

        if (strncmp(at, call, length) != 0 || strchr(":=,", *rest) == NULL)
            continue;
        if (*rest == ':') {
            wanted = (unsigned)strtoul(rest + 1, &end, 10);
            rest = end;
        }
        if (wanted != 0 && wanted != count)
            continue;
        say("failed %s\n", call);
        while (strncmp(rest, "=hang", 5) == 0)
            (void)pause();
        if (strncmp(rest, "=die", 4) == 0)
            (void)raise(SIGKILL);
        return 1;
    }
    return 0;
}

/* What a call comes to: code when it is to fail, and what failed before for ever. */
static int outcome(const char *call, int code)
{
    int has_failed = fails(call);

    if (sticky != 0)
        return sticky;
    if (has_failed && getenv("EMULATED_STICKY") != NULL && code >= ILLEGAL)
        sticky = code;
    return has_failed ? code : 0;
}

/* Memory */

static struct block {
    unsigned char *at; /* NULL: free */
    size_t bytes;
    int is_host;
} blocks[BLOCKS_MAX];

/* The one card of several processes: behind the lines that are said. What a process has of it is
 * locked, and its locks end with it. */
#define CARD_BYTES    ((size_t)16 << 20)
#define CARD_FILE_AT  ((size_t)1 << 20)
#define CARD_REACHED  ((uintptr_t)0x5 << 44) /* where no sanitizer has anything either */
#define SHARED_WORDS  8192u
#define HEAP_WORDS    1024u
#define SCRATCH_BYTES (16 * PAGE)

static unsigned char *the_card; /* NULL: memory is each process' own */

static int is_card(const char *of)
{
    const char *card = getenv("EMULATED_CARD");

    return card != NULL && (of == NULL || strcmp(card, of) == 0);
}

static int open_the_card(void)
{
    int reaches = is_card("reaches");
    void *at;

    if (!is_card(NULL) || the_card != NULL)
        return 0;
    if (ftruncate(2, (off_t)(CARD_FILE_AT + CARD_BYTES)) != 0)
        return OPERATING_SYSTEM;
    at = mmap(reaches ? (void *)CARD_REACHED : NULL, CARD_BYTES,
              reaches ? PROT_READ | PROT_WRITE : PROT_NONE, MAP_SHARED, 2, (off_t)CARD_FILE_AT);
    if (at == MAP_FAILED || mprotect(at, SCRATCH_BYTES, PROT_READ | PROT_WRITE) != 0)
        return OPERATING_SYSTEM;
    the_card = at;
    if (!is_card("keeps"))
        memset(the_card, 0, SCRATCH_BYTES);
    return 0;
}

static int lock_card(size_t from, size_t whole, short type, size_t *behind)
{
    struct flock lock = {
        .l_type = type, .l_start = (off_t)(CARD_FILE_AT + from), .l_len = (off_t)whole};

    if (fcntl(2, F_SETLK, &lock) == 0)
        return 1;
    if (fcntl(2, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK)
        *behind = (size_t)(lock.l_start + lock.l_len) - CARD_FILE_AT;
    return 0;
}

/* The first that no process has. */
static unsigned char *take_of_the_card(size_t whole)
{
    size_t from = SCRATCH_BYTES;
    uint32_t i = 0;

    while (i < BLOCKS_MAX && from + whole <= CARD_BYTES) {
        size_t at = blocks[i].at != NULL ? (size_t)(blocks[i].at - the_card) : 0;

        if (blocks[i].at != NULL && !blocks[i].is_host && at + blocks[i].bytes > from &&
            at < from + whole) {
            from = (at + blocks[i].bytes + PAGE - 1) / PAGE * PAGE;
            i = 0;
        } else if (++i == BLOCKS_MAX && !lock_card(from, whole, F_WRLCK, &from)) {
            i = 0;
        }
    }
    if (from + whole > CARD_BYTES || mprotect(the_card + from, whole, PROT_READ | PROT_WRITE) != 0)
        return NULL;
    return the_card + from;
}

static int take(void **memory, size_t bytes, int is_host)
{
    size_t whole = (bytes + PAGE - 1) / PAGE * PAGE;
    uint32_t i = 0;
    unsigned char *at;

    *memory = NULL;
    while (i < BLOCKS_MAX && blocks[i].at != NULL)
        i++;
    if (the_card != NULL && !is_host) {
        at = i < BLOCKS_MAX ? take_of_the_card(whole) : NULL;
        if (at == NULL)
            return OUT_OF_MEMORY;
        blocks[i] = (struct block){at, bytes, 0};
        *memory = at;
        return 0;
    }
    at = mmap(NULL, whole + 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (i == BLOCKS_MAX || at == MAP_FAILED)
        return OUT_OF_MEMORY;
    if (mprotect(at, PAGE, PROT_NONE) != 0 || mprotect(at + PAGE + whole, PAGE, PROT_NONE) != 0)
        return OUT_OF_MEMORY;
    memset(at + PAGE, 0xaa, whole);
    blocks[i] = (struct block){at + PAGE, bytes, is_host};
    *memory = at + PAGE;
    return 0;
}

static int give_back(void *memory, int is_host)
{
    for (uint32_t i = 0; i < BLOCKS_MAX; i++) {
        struct block *block = &blocks[i];
        size_t n = 0;

        if (block->at != memory || block->is_host != is_host)
            continue;
        // The device takes 64 bytes more than it is asked for, which kernels never touch.
        while (n + 64 < block->bytes && block->at[n] == 0)
            n++;
        if (n + 64 < block->bytes)
            say("wrong: %s that is not 0 is given back\n", is_host ? "a stage" : "memory");
        if (the_card != NULL && !is_host)
            (void)lock_card((size_t)(block->at - the_card), (block->bytes + PAGE - 1) / PAGE * PAGE,
                            F_UNLCK, &n);
        else
            (void)munmap(block->at - PAGE, (block->bytes + PAGE - 1) / PAGE * PAGE + 2 * PAGE);
        block->at = NULL;
        return 0;
    }
    say("wrong: %s is given back that nobody has\n", is_host ? "a stage" : "memory");
    return 1;
}

static int lies_within(uint64_t at, size_t bytes, const char *call)
{
    for (uint32_t i = 0; i < BLOCKS_MAX; i++) {
        uint64_t begin = (uint64_t)(uintptr_t)blocks[i].at;

        if (blocks[i].at != NULL && !blocks[i].is_host && at >= begin &&
            at - begin <= blocks[i].bytes && bytes <= blocks[i].bytes - (at - begin))
            return 1;
    }
    say("wrong: %s of memory that nobody has\n", call);
    return 0;
}

/* Threads of a block, which are there for every block: a new one takes longer than what it does. */
#define THREADS_MAX 1024
static struct {
    struct fiber *fiber;
    int is_done;
} threads[THREADS_MAX];
static struct {
    kernel_fn fn;
    const void *args;
} launched;

static void *thread_main(void *arg)
{
    int *is_done = arg;

    for (;;) {
        launched.fn(launched.args);
        *is_done = 1;
        fiber_yield();
    }
    return NULL;
}

/* All threads of a block to their next barrier, again and again. */
static int run_block(void)
{
    uint32_t left = blockDim.x;

    for (uint32_t i = 0; i < blockDim.x; i++) {
        if (threads[i].fiber == NULL)
            threads[i].fiber = fiber_new(thread_main, &threads[i].is_done);
        if (threads[i].fiber == NULL)
            return OUT_OF_MEMORY;
        threads[i].is_done = 0;
    }
    while (left > 0) {
        left = 0;
        for (uint32_t i = 0; i < blockDim.x; i++) {
            threadIdx = (struct emulated_dim){i, 0, 0};
            if (!threads[i].is_done)
                fiber_resume(threads[i].fiber);
            left += !threads[i].is_done;
        }
    }
    return 0;
}

__attribute__((destructor)) static void end_threads(void)
{
    for (uint32_t i = 0; i < THREADS_MAX; i++)
        fiber_free(threads[i].fiber);
}

/* What a driver that somebody has taken over would try: the worker's fence is closed by now. */
static void try_the_fence(void)
{
#if !IS_SANITIZED
    struct rlimit limit;
    int has_landlock = syscall(SYS_landlock_create_ruleset, NULL, 0, 1) > 0;
    char *const argv[] = {NULL};
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    if (pid > 0)
        say("wrong: a process %s\n", "was begun");
    if (socket(AF_INET, SOCK_STREAM, 0) >= 0)
        say("wrong: the network %s\n", "can be reached");
    if (has_landlock && open("/tmp", O_TMPFILE | O_RDWR, 0600) >= 0)
        say("wrong: a file %s\n", "was made");
    if (has_landlock && open("/dev/tty", O_RDWR) >= 0)
        say("wrong: a device %s\n", "was opened");
    if (kill(getppid(), 0) == 0)
        say("wrong: another process %s\n", "can be signalled");
    if (syscall(SYS_tgkill, getppid(), getppid(), 0) == 0)
        say("wrong: another thread %s\n", "can be signalled");
    if (prlimit(getppid(), RLIMIT_NOFILE, NULL, &limit) == 0)
        say("wrong: another process %s\n", "can be limited");
    if (prlimit(0, RLIMIT_NOFILE, NULL, &limit) != 0)
        say("wrong: its own limits %s\n", "cannot be read");
    (void)execve("/bin/true", argv, argv);
    if (errno != EPERM && errno != EACCES)
        say("wrong: a program %s\n", "can be started");
#endif
}

/* What NVIDIA's driver (580.159, seen on an H200) does and cannot do without: a thread of its own,
 * with a name, and a local socket that it listens on. */
static void *name_thread(void *arg)
{
    char path[64];
    FILE *comm;

    (void)snprintf(path, sizeof(path), "/proc/self/task/%ld/comm", (long)syscall(SYS_gettid));
    comm = fopen(path, "w");
    *(int *)arg = comm != NULL && fputs("cuda-EvtHandlr", comm) >= 0 && fclose(comm) == 0;
    return NULL;
}

static int serves(void)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    int n = snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1, "cuda-uvmfd-%d", (int)getpid());
    int is_named = 0;
    int is_heard = bind(fd, (struct sockaddr *)&name,
                        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n)) == 0 &&
                   listen(fd, 1) == 0;
    pthread_t thread;

    (void)close(fd);
    // An ordinary user's process that hides itself names no thread.
    is_heard &= IS_SANITIZED || prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 1;
    return is_heard && pthread_create(&thread, NULL, name_thread, &is_named) == 0 &&
           pthread_join(thread, NULL) == 0 && is_named;
}

EXPORT int cuInit(unsigned flags);
int cuInit(unsigned flags)
{
    static int has_begun;

    (void)flags;
    if (!has_begun && !serves())
        return OPERATING_SYSTEM;
    has_begun = 1;              // all else finds it begun, as the second type does
    say("cuda %s\n", "begins"); // each line behind it has one before it
    if (getenv("EMULATED_SAYS") != NULL)
        try_the_fence();
    return outcome("cuInit", 100);
}

EXPORT int cuDeviceGet(int *card, int index);
int cuDeviceGet(int *card, int index)
{
    *card = index;
    return index == 0 ? outcome("cuDeviceGet", 101) : 101;
}

EXPORT int cuDeviceGetName(char *name, int room, int card);
int cuDeviceGetName(char *name, int room, int card)
{
    (void)card;
    (void)snprintf(name, (size_t)room, "emulated");
    return outcome("cuDeviceGetName", 999);
}

EXPORT int cuDeviceGetAttribute(int *value, int attribute, int card);
int cuDeviceGetAttribute(int *value, int attribute, int card)
{
    int arch =
        getenv("EMULATED_ARCH") != NULL ? (int)strtol(getenv("EMULATED_ARCH"), NULL, 10) : 75;

    (void)card;
    *value = attribute == 16 ? 2 : attribute == 75 ? arch / 10 : arch % 10;
    return attribute == 16 || attribute == 75 || attribute == 76
               ? outcome("cuDeviceGetAttribute", 999)
               : 1;
}

EXPORT int cuDeviceGetPCIBusId(char *place, int room, int card);
int cuDeviceGetPCIBusId(char *place, int room, int card)
{
    (void)card;
    (void)snprintf(place, (size_t)room, "0000:0A:00.0");
    return outcome("cuDeviceGetPCIBusId", 999);
}

EXPORT int cuDeviceTotalMem_v2(size_t *bytes, int card);
int cuDeviceTotalMem_v2(size_t *bytes, int card)
{
    (void)card;
    *bytes = is_card(NULL) ? CARD_BYTES : (size_t)1 << 30;
    return outcome("cuDeviceTotalMem_v2", 999);
}

EXPORT int cuDevicePrimaryCtxRetain(void **context, int card);
int cuDevicePrimaryCtxRetain(void **context, int card)
{
    int code = outcome("cuDevicePrimaryCtxRetain", 46);

    (void)card;
    if (code == 0)
        code = open_the_card();
    if (code == 0) {
        *context = &threadIdx;
        n_users++;
    }
    return code;
}

EXPORT int cuDevicePrimaryCtxRelease_v2(int card);
int cuDevicePrimaryCtxRelease_v2(int card)
{
    if (n_users-- == 0)
        say("wrong: the card is left twice\n");
    for (uint32_t i = 0; i < BLOCKS_MAX && n_users == 0; i++)
        if (blocks[i].at != NULL)
            say("wrong: %s is left when the card is\n", blocks[i].is_host ? "a stage" : "memory");
    return outcome("cuDevicePrimaryCtxRelease_v2", 999) != 0 ? 999 : card;
}

EXPORT int cuCtxSetCurrent(void *context);
int cuCtxSetCurrent(void *context)
{
    return context != NULL ? outcome("cuCtxSetCurrent", 201) : 201;
}

EXPORT int cuCtxSynchronize(void);
int cuCtxSynchronize(void)
{
    return outcome("cuCtxSynchronize", LAUNCH_FAILED);
}

/* Kernels that an agent's source may have (tests/unit/card/own.h): what they do is done here. */
struct own_scale {
    const uint32_t *a;
    uint32_t *y;
    uint32_t n, factor;
};
static void own_scale(const void *args)
{
    const struct own_scale *scale = args;

    for (uint32_t i = blockIdx.x * blockDim.x + threadIdx.x; i < scale->n;
         i += gridDim.x * blockDim.x)
        scale->y[i] = scale->a[i] * scale->factor;
}

static void own_beyond(const void *args)
{
    uint32_t *y;

    memcpy(&y, args, sizeof(y));
    y[1u << 28] = 1;
}

static void own_endless(const void *args)
{
    volatile const uint32_t *y;

    memcpy(&y, args, sizeof(y));
    while (*y != 77)
        ;
}

static void own_freed(const void *args)
{
    static const volatile uint32_t *kept;
    struct {
        uint32_t *y;
        const volatile uint32_t *at;
    } freed;

    memcpy(&freed, args, sizeof(freed));
    if (freed.at == NULL)
        freed.at = kept;
    *freed.y = freed.at != NULL ? freed.at[1] : 5;
    memcpy(freed.y + 1, &freed.y, sizeof(freed.y));
    kept = freed.y;
}

/* Those of tests/gpu/own.c that look for what is another's. */
struct own_area {
    uint32_t *y;
    const uint32_t *at;
    uint64_t n;
    uint32_t mark, writes;
};
static void own_fill(const void *args)
{
    const struct own_area *area = args;

    for (uint64_t i = blockIdx.x * blockDim.x + threadIdx.x; i < area->n;
         i += gridDim.x * blockDim.x)
        area->y[i] = area->mark;
}

static void own_look(const void *args)
{
    const struct own_area *area = args;
    const volatile uint32_t *at = area->at != NULL ? area->at : area->y;
    uint64_t found[2] = {0, 0};
    uint64_t sum;

    for (uint64_t i = blockIdx.x * blockDim.x + threadIdx.x; i < area->n;
         i += gridDim.x * blockDim.x) {
        found[0] += at[i] == area->mark;
        found[1]++;
    }
    sum = (uintptr_t)area->y;
    memcpy(area->y, &sum, sizeof(sum));
    for (uint32_t i = 0; i < 2; i++) {
        memcpy(&sum, area->y + 2 + 2 * i, sizeof(sum));
        sum += found[i];
        memcpy(area->y + 2 + 2 * i, &sum, sizeof(sum));
    }
}

/* Of one block: each has the same here. */
static void own_scratch(const void *args)
{
    const struct own_area *area = args;
    uint32_t *words = (uint32_t *)(void *)the_card;
    uint64_t found[4] = {SHARED_WORDS, 0, HEAP_WORDS, 0};

    if (words == NULL || blockIdx.x != 0 || threadIdx.x != 0)
        return;
    for (uint32_t i = 0; i < SHARED_WORDS + HEAP_WORDS; i++) {
        if (area->writes != 0)
            words[i] = area->mark;
        found[i < SHARED_WORDS ? 1 : 3] += words[i] == area->mark;
    }
    memcpy(area->y, found, sizeof(found));
}

static const struct {
    const char *name;
    kernel_fn fn;
} own_kernels[] = {{"own_scale", own_scale},   {"own_fill", own_fill},
                   {"own_look", own_look},     {"own_scratch", own_scratch},
                   {"own_beyond", own_beyond}, {"own_endless", own_endless},
                   {"own_freed", own_freed}};

static unsigned char *image_bytes; /* of the last that was loaded: text, or an ELF file */
static size_t image_n;

static void keep_image(const void *image)
{
    const unsigned char *at = image;
    uint64_t table = 0;
    uint16_t each = 0;
    uint16_t n = 0;

    image_n = strlen(image);
    if (memcmp(at, "\177ELF", 4) == 0) {
        memcpy(&table, at + 40, sizeof(table));
        memcpy(&each, at + 58, sizeof(each));
        memcpy(&n, at + 60, sizeof(n));
        image_n = table + (size_t)each * n;
    }
    free(image_bytes);
    image_bytes = malloc(image_n + 1);
    if (image_bytes != NULL)
        memcpy(image_bytes, image, image_n);
}

__attribute__((destructor)) static void end_image(void)
{
    free(image_bytes);
}

static int is_in_image(const char *name)
{
    return image_bytes != NULL && memmem(image_bytes, image_n, name, strlen(name)) != NULL;
}

EXPORT int cuModuleLoadData(void **module, const void *image);
int cuModuleLoadData(void **module, const void *image)
{
    keep_image(image);
    *module = &blockIdx;
    return outcome("cuModuleLoadData", 209);
}

EXPORT int cuModuleUnload(void *module);
int cuModuleUnload(void *module)
{
    return module != NULL ? outcome("cuModuleUnload", 400) : 400;
}

EXPORT int cuModuleGetFunction(void **function, void *module, const char *name);
int cuModuleGetFunction(void **function, void *module, const char *name)
{
    (void)module;
    for (size_t i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++) {
        if (strcmp(kernels[i].name, name) == 0) {
            memcpy(function, &kernels[i].fn, sizeof(*function));
            return outcome("cuModuleGetFunction", NOT_FOUND);
        }
    }
    for (size_t i = 0; i < sizeof(own_kernels) / sizeof(own_kernels[0]); i++)
        if (strcmp(own_kernels[i].name, name) == 0 && is_in_image(name)) {
            memcpy(function, &own_kernels[i].fn, sizeof(*function));
            return outcome("cuModuleGetFunction", NOT_FOUND);
        }
    return NOT_FOUND;
}

EXPORT int cuMemAlloc_v2(uint64_t *at, size_t bytes);
int cuMemAlloc_v2(uint64_t *at, size_t bytes)
{
    void *memory = NULL;
    int code = outcome("cuMemAlloc_v2", OUT_OF_MEMORY);

    if (code == 0)
        code = take(&memory, bytes, 0);
    *at = (uint64_t)(uintptr_t)memory;
    return code;
}

EXPORT int cuMemFree_v2(uint64_t at);
int cuMemFree_v2(uint64_t at)
{
    int code = outcome("cuMemFree_v2", LAUNCH_FAILED);

    return code != 0 ? code : give_back((void *)(uintptr_t)at, 0);
}

EXPORT int cuMemHostAlloc(void **memory, size_t bytes, unsigned flags);
int cuMemHostAlloc(void **memory, size_t bytes, unsigned flags)
{
    int code = outcome("cuMemHostAlloc", OUT_OF_MEMORY);

    (void)flags;
    *memory = NULL;
    return code != 0 ? code : take(memory, bytes, 1);
}

EXPORT int cuMemFreeHost(void *memory);
int cuMemFreeHost(void *memory)
{
    int code = outcome("cuMemFreeHost", LAUNCH_FAILED);

    return code != 0 ? code : give_back(memory, 1);
}

EXPORT int cuMemsetD8Async(uint64_t at, unsigned char value, size_t n, void *stream);
int cuMemsetD8Async(uint64_t at, unsigned char value, size_t n, void *stream)
{
    int code = outcome("cuMemsetD8Async", ILLEGAL);

    (void)stream;
    if (code == 0 && !lies_within(at, n, "a fill"))
        code = ILLEGAL;
    if (code == 0)
        memset((void *)(uintptr_t)at, value, n);
    return code;
}

EXPORT int cuMemcpyHtoD_v2(uint64_t to, const void *from, size_t bytes);
int cuMemcpyHtoD_v2(uint64_t to, const void *from, size_t bytes)
{
    int code = outcome("cuMemcpyHtoD_v2", ILLEGAL);

    if (code == 0 && !lies_within(to, bytes, "a write"))
        code = ILLEGAL;
    if (code == 0)
        memcpy((void *)(uintptr_t)to, from, bytes);
    return code;
}

EXPORT int cuMemcpyDtoH_v2(void *to, uint64_t from, size_t bytes);
int cuMemcpyDtoH_v2(void *to, uint64_t from, size_t bytes)
{
    int code = outcome("cuMemcpyDtoH_v2", ILLEGAL);

    if (code == 0 && !lies_within(from, bytes, "a read"))
        code = ILLEGAL;
    if (code == 0)
        memcpy(to, (const void *)(uintptr_t)from, bytes);
    return code;
}

EXPORT int cuMemcpyDtoDAsync_v2(uint64_t to, uint64_t from, size_t bytes, void *stream);
int cuMemcpyDtoDAsync_v2(uint64_t to, uint64_t from, size_t bytes, void *stream)
{
    int code = outcome("cuMemcpyDtoDAsync_v2", ILLEGAL);

    (void)stream;
    if (code == 0 && (!lies_within(to, bytes, "a copy") || !lies_within(from, bytes, "a copy")))
        code = ILLEGAL;
    if (code == 0)
        memcpy((void *)(uintptr_t)to, (const void *)(uintptr_t)from, bytes);
    return code;
}

EXPORT int cuLaunchKernel(void *function, unsigned grid_x, unsigned grid_y, unsigned grid_z,
                          unsigned block_x, unsigned block_y, unsigned block_z, unsigned shared,
                          void *stream, void **args, void **extra);
int cuLaunchKernel(void *function, unsigned grid_x, unsigned grid_y, unsigned grid_z,
                   unsigned block_x, unsigned block_y, unsigned block_z, unsigned shared,
                   void *stream, void **args, void **extra)
{
    int code = outcome("cuLaunchKernel", getenv("EMULATED_STICKY") != NULL ? LAUNCH_FAILED : 1);

    (void)stream;
    memcpy(&launched.fn, &function, sizeof(function));
    launched.args = args[0];
    if (code != 0 || block_x > THREADS_MAX || block_y != 1 || block_z != 1 || shared != 0 ||
        extra != NULL)
        return code != 0 ? code : 1;
    gridDim = (struct emulated_dim){grid_x, grid_y, grid_z};
    blockDim = (struct emulated_dim){block_x, 1, 1};
    for (uint32_t z = 0; z < grid_z && code == 0; z++)
        for (uint32_t y = 0; y < grid_y && code == 0; y++)
            for (uint32_t x = 0; x < grid_x && code == 0; x++) {
                blockIdx = (struct emulated_dim){x, y, z};
                code = run_block();
            }
    return code;
}

EXPORT int cuGetErrorName(int code, const char **name);
int cuGetErrorName(int code, const char **name)
{
    *name = code == LAUNCH_FAILED ? "CUDA_ERROR_LAUNCH_FAILED" : "CUDA_ERROR";
    return fails("cuGetErrorName") ? 1 : 0;
}

/* NVML, of the one card. */

EXPORT int nvmlInit_v2(void);
int nvmlInit_v2(void)
{
    return fails("nvmlInit_v2") ? 9 : 0;
}

EXPORT int nvmlShutdown(void);
int nvmlShutdown(void)
{
    return fails("nvmlShutdown") ? 1 : 0;
}

EXPORT int nvmlDeviceGetHandleByPciBusId_v2(const char *place, void **device);
int nvmlDeviceGetHandleByPciBusId_v2(const char *place, void **device)
{
    *device = &gridDim;
    return fails("nvmlDeviceGetHandleByPciBusId_v2") || strcmp(place, "0000:0A:00.0") != 0 ? 6 : 0;
}

EXPORT int nvmlDeviceGetTemperature(void *device, int of, unsigned *celsius);
int nvmlDeviceGetTemperature(void *device, int of, unsigned *celsius)
{
    *celsius = 63;
    return fails("nvmlDeviceGetTemperature") || device != &gridDim || of != 0 ? 15 : 0;
}

EXPORT int nvmlDeviceGetUtilizationRates(void *device, unsigned *rates);
int nvmlDeviceGetUtilizationRates(void *device, unsigned *rates)
{
    rates[0] = 88;
    rates[1] = 44;
    return fails("nvmlDeviceGetUtilizationRates") || device != &gridDim ? 15 : 0;
}

EXPORT int nvmlDeviceGetMemoryInfo(void *device, unsigned long long *memory);
int nvmlDeviceGetMemoryInfo(void *device, unsigned long long *memory)
{
    memory[0] = 1ull << 30;
    memory[1] = 1ull << 29;
    memory[2] = 1ull << 29;
    return fails("nvmlDeviceGetMemoryInfo") || device != &gridDim ? 15 : 0;
}
