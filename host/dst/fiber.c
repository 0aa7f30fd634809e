// SPDX-License-Identifier: Apache-2.0
#include "dst/fiber.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

#define STACK_BYTES ((size_t)1 << 20)
#define GUARD_BYTES ((size_t)4096)

struct fiber {
    ucontext_t here, back;
    void *(*main)(void *);
    void *arg;
    unsigned char *stack; /* owned; a guard page below it */
    int is_over;
    void *fake;             /* of the address sanitizer */
    const void *back_stack; /* ... */
    size_t back_bytes;
};

static struct fiber *current;

#if defined(__SANITIZE_ADDRESS__)
static void leave(void **fake, const void *stack, size_t bytes)
{
    __sanitizer_start_switch_fiber(fake, stack, bytes);
}
static void arrive(void *fake, const void **stack, size_t *bytes)
{
    __sanitizer_finish_switch_fiber(fake, stack, bytes);
}
#else
static void leave(void **fake, const void *stack, size_t bytes)
{
    (void)fake;
    (void)stack;
    (void)bytes;
}
static void arrive(void *fake, const void **stack, size_t *bytes)
{
    (void)fake;
    (void)stack;
    (void)bytes;
}
#endif

static void begin(void)
{
    struct fiber *fiber = current;

    arrive(NULL, &fiber->back_stack, &fiber->back_bytes);
    (void)fiber->main(fiber->arg);
    fiber->is_over = 1;
    leave(NULL, fiber->back_stack, fiber->back_bytes);
    (void)setcontext(&fiber->back);
}

struct fiber *fiber_new(void *(*main)(void *), void *arg)
{
    struct fiber *volatile fiber = calloc(1, sizeof(*fiber)); // getcontext returns twice
    void *stack = mmap(NULL, STACK_BYTES + GUARD_BYTES, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (fiber == NULL || stack == MAP_FAILED || mprotect(stack, GUARD_BYTES, PROT_NONE) != 0 ||
        getcontext(&fiber->here) != 0) {
        if (stack != MAP_FAILED)
            (void)munmap(stack, STACK_BYTES + GUARD_BYTES);
        free(fiber);
        return NULL;
    }
    fiber->stack = stack;
    fiber->main = main;
    fiber->arg = arg;
    fiber->here.uc_stack.ss_sp = fiber->stack + GUARD_BYTES;
    fiber->here.uc_stack.ss_size = STACK_BYTES;
    fiber->here.uc_link = NULL;
    makecontext(&fiber->here, begin, 0);
    return fiber;
}

void fiber_resume(struct fiber *fiber)
{
    void *fake = NULL;

    if (fiber->is_over)
        return;
    current = fiber;
    leave(&fake, fiber->stack + GUARD_BYTES, STACK_BYTES);
    (void)swapcontext(&fiber->back, &fiber->here);
    arrive(fake, NULL, NULL);
    current = NULL;
}

void fiber_yield(void)
{
    struct fiber *fiber = current;

    leave(&fiber->fake, fiber->back_stack, fiber->back_bytes);
    (void)swapcontext(&fiber->here, &fiber->back);
    arrive(fiber->fake, &fiber->back_stack, &fiber->back_bytes);
}

struct fiber *fiber_current(void)
{
    return current;
}

int fiber_is_over(const struct fiber *fiber)
{
    return fiber->is_over;
}

void fiber_free(struct fiber *fiber)
{
    if (fiber == NULL)
        return;
    (void)munmap(fiber->stack, STACK_BYTES + GUARD_BYTES);
    free(fiber);
}
