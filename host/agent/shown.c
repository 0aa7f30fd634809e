// SPDX-License-Identifier: Apache-2.0
#include "agent/shown.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#include "agent/feed_state.h"

#define PAGE 4096u
#define VIEWS                                                                                      \
    (2 * SLOTS_MAX + 16) /* at a time, of one process: of each generation one, and buses */

_Thread_local volatile int shown_is_torn;

static struct view {
    _Atomic uintptr_t from, to; /* to 0: a free place */
    _Atomic int torn;           /* what shown_is_torn is then */
} views[VIEWS];
static struct sigaction before; /* what stood where the handler stands */
static int is_watched; /* it stays: who has a view has it for as long as there are plugins */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

/* The pages that this thread's plugin has torn, from the first to the last: the next that it writes
 * to is one of the same event or not far from it. */
static _Thread_local volatile uintptr_t torn_from, torn_to;

/* What shown_is_torn is of a write there; 0: no view has it. */
static int torn_of(uintptr_t address)
{
    for (int i = 0; i < VIEWS; i++) {
        uintptr_t to = atomic_load_explicit(&views[i].to, memory_order_acquire);

        if (to != 0 && address < to &&
            address >= atomic_load_explicit(&views[i].from, memory_order_relaxed))
            return atomic_load_explicit(&views[i].torn, memory_order_relaxed);
    }
    return 0;
}

/* The page can be written to, and the write is done once more: of a bus on a copy of the page. */
static int tear(uintptr_t address, int torn)
{
    uintptr_t page = address & ~(uintptr_t)(PAGE - 1);
    int error = errno, is_done;

    is_done = mprotect((void *)page, PAGE, PROT_READ | PROT_WRITE) == 0;
    errno = error;
    if (!is_done)
        return 0;
    if (!shown_is_torn || page < torn_from)
        torn_from = page;
    if (!shown_is_torn || page + PAGE > torn_to)
        torn_to = page + PAGE;
    shown_is_torn = torn;
    feed_current->odd |= ODD_TORN;
    return 1;
}

/* Of a bus only who is handed pointers has a view to write to; the thread that reads views is then
 * this one, and in the plugin. */
static int is_shown(const struct feed *feed, int torn)
{
    return feed != NULL && (torn == SHOWN_RESULTS || (torn == SHOWN_EVENTS && feed->turn != NULL));
}

static void on_fault(int number, siginfo_t *info, void *context)
{
    uintptr_t address = (uintptr_t)info->si_addr;
    int torn = info->si_code == SEGV_ACCERR ? torn_of(address) : 0;

    if (is_shown(feed_current, torn) && tear(address, torn))
        return;
    if ((before.sa_flags & SA_SIGINFO) != 0)
        before.sa_sigaction(number, info, context);
    else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN)
        before.sa_handler(number);
    else if (before.sa_handler == SIG_DFL || info->si_code > 0) {
        (void)sigaction(SIGSEGV, &before, NULL); // the fault comes again, and ends the process
        if (info->si_code <= 0)
            (void)raise(number); // what somebody sent does not come again by itself
    }
}

static int watch(struct error *err)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};

    (void)sigemptyset(&action.sa_mask);
    if (sigaction(SIGSEGV, &action, &before) != 0)
        return error_set(err, AGON_EIO, "watching for faults: %s", strerror(errno));
    is_watched = 1;
    return AGON_OK;
}

int shown_watch(struct error *err)
{
    struct sigaction now;
    int rc = AGON_OK;

    (void)pthread_mutex_lock(&mutex);
    if (sigaction(SIGSEGV, NULL, &now) != 0 || (now.sa_flags & SA_SIGINFO) == 0 ||
        now.sa_sigaction != on_fault)
        rc = watch(err);
    (void)pthread_mutex_unlock(&mutex);
    return rc;
}

static struct view *take_place(uintptr_t from, uintptr_t to, int torn)
{
    for (int i = 0; i < VIEWS; i++) {
        if (atomic_load(&views[i].to) != 0)
            continue;
        atomic_store(&views[i].from, from);
        atomic_store(&views[i].torn, torn);
        atomic_store_explicit(&views[i].to, to, memory_order_release);
        return &views[i];
    }
    return NULL;
}

static const void *keep(void *view, uint64_t bytes, int torn, struct error *err)
{
    uintptr_t from = (uintptr_t)view;
    int rc;

    if (view == MAP_FAILED) {
        (void)error_set(err, AGON_ENOMEM, "a second view of %llu bytes: %s",
                        (unsigned long long)bytes, strerror(errno));
        return NULL;
    }
    (void)pthread_mutex_lock(&mutex);
    rc = is_watched ? AGON_OK : watch(err);
    if (rc >= 0 && take_place(from, from + (bytes + PAGE - 1) / PAGE * PAGE, torn) == NULL)
        rc = error_set(err, AGON_ENOSPC, "more than %d views", VIEWS);
    (void)pthread_mutex_unlock(&mutex);
    if (rc >= 0)
        return view;
    (void)munmap(view, bytes);
    return NULL;
}

const void *shown_map(int fd, uint64_t bytes, struct error *err)
{
    // Private: what is read is the memory itself, as long as nobody has torn the page.
    return keep(mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, fd, 0), bytes, SHOWN_EVENTS, err);
}

const void *shown_results(void *memory, uint64_t bytes, struct error *err)
{
    // Of nothing the same pages a second time: a closed process has no descriptor to map.
    void *view = mremap(memory, 0, bytes, MREMAP_MAYMOVE);

    if (view != MAP_FAILED && mprotect(view, bytes, PROT_READ) != 0) {
        (void)munmap(view, bytes);
        view = MAP_FAILED;
    }
    return keep(view, bytes, SHOWN_RESULTS, err);
}

void shown_unmap(const void *view, uint64_t bytes)
{
    if (view == NULL)
        return;
    (void)pthread_mutex_lock(&mutex);
    for (int i = 0; i < VIEWS; i++) {
        if (atomic_load(&views[i].from) == (uintptr_t)view)
            atomic_store(&views[i].to, 0);
    }
    (void)pthread_mutex_unlock(&mutex);
    (void)munmap((void *)(uintptr_t)view, bytes);
}

void shown_mend(void)
{
    void *from = (void *)torn_from;
    size_t bytes = torn_to - torn_from;

    // What lies between was not torn and loses nothing by it.
    (void)mprotect(from, bytes, PROT_READ);
    (void)madvise(from, bytes, MADV_DONTNEED);
    shown_is_torn = 0;
}
