// SPDX-License-Identifier: MIT
/* variant: one plugin in several builds that differ in a letter, which fills most of the file.
 * Loaded, it says how many of each it has in memory, so that a copy which was put together of two
 * builds is told from both. */
#include <agon/agon.h>

#define LETTERS 200000 /* bytes; a copy is read in pieces of 64 KiB */

// Its beginning is a text: who loads it inproc finds the rest behind it.
static const char letters[LETTERS] = {
    [0 ... 99] = LETTER, [100] = 0, [101 ... LETTERS - 1] = LETTER};

#if defined(COUNTS) /* in a constructor, which inproc has none of */
static char counted[64];

static char *put(char *to, unsigned n)
{
    char digits[10];
    int i = 0;

    do {
        digits[i++] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    while (i > 0)
        *to++ = digits[--i];
    *to++ = ' ';
    return to;
}

static __attribute__((constructor)) void count(void)
{
    const volatile char *at = letters; // as it is in memory, not as the compiler knows it
    unsigned n[3] = {0};
    char *to = counted;

    for (int i = 0; i < LETTERS; i++)
        for (int k = 0; k < 3; k++)
            n[k] += at[i] == "xyz"[k];
    for (int k = 0; k < 3; k++)
        to = put(to, n[k]);
}
#define SUMMARY counted
#else
#define SUMMARY letters
#endif

static int on_event(void *self, const struct agon_event_hdr *event, uint64_t nth)
{
    (void)self;
    (void)event;
    (void)nth;
    return AGON_OK;
}

static void destroy(void *self)
{
    (void)self;
}

static int create(const struct agon_host *host, uint32_t index, struct agon_agent *agent)
{
    static const struct agon_agent mine = {
        .size = sizeof(mine), .on_event = on_event, .destroy = destroy};

    (void)host;
    return index == 0 ? agon_agent_set(agent, &mine) : AGON_EINVAL;
}

static const struct agon_descriptor descriptor = {.size = sizeof(descriptor),
                                                  .kind = AGON_STRATEGY,
                                                  .id = "org.example.variant",
                                                  .name = "variant",
                                                  .version = "1.0.0",
                                                  .summary = SUMMARY,
                                                  .event_mask = AGON_ON(AGON_EVENT_TRADE)};
static const struct agon_descriptor *const descriptors[] = {&descriptor};

AGON_NOTE("org.example.variant", "1.0.0");
AGON_EXPORT const struct agon_entry agon_plugin = {.size = sizeof(struct agon_entry),
                                                   .abi_major = AGON_ABI_MAJOR,
                                                   .abi_minor = AGON_ABI_MINOR,
                                                   .n_plugins = 1,
                                                   .plugins = descriptors,
                                                   .create = create};
