// SPDX-License-Identifier: Apache-2.0
#include "card/scripted.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct card_script {
    struct card_step steps[CARD_STEPS_MAX]; /* of this life */
    uint32_t n_steps;
    uint32_t counts[CARD_OPS];
    int has_failed; /* since the last wait */
    int32_t celsius;
};

struct scripted {
    struct device device; /* first */
    struct device *inner; /* owned */
    struct card_script *script;
};

int card_script_new(struct card_script **script, const char *text, uint32_t life, struct error *err)
{
    struct card_script *whole = calloc(1, sizeof(*whole));
    struct card_step steps[CARD_STEPS_MAX];
    int n;

    if (whole == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for a script");
    whole->celsius = -1;
    *script = whole;
    n = card_steps_read(text, steps, err);
    for (int i = 0; i < n; i++) {
        if (steps[i].life == 0 || steps[i].life == life)
            whole->steps[whole->n_steps++] = steps[i];
    }
    return n < 0 ? n : AGON_OK;
}

void card_script_free(struct card_script *script)
{
    free(script);
}

static void sleep_ms(uint32_t ms)
{
    struct timespec time = {ms / 1000, (long)(ms % 1000) * 1000000};

    (void)nanosleep(&time, NULL);
}

/* Counts one more of op; what the script wants of it, or CARD_WHATS. */
static enum card_what next(struct card_script *script, enum card_op op)
{
    uint32_t count = ++script->counts[op];
    enum card_what what = CARD_WHATS;

    for (uint32_t i = 0; i < script->n_steps; i++) {
        const struct card_step *step = &script->steps[i];

        if (((step->op == CARD_OP_HEAT && op == CARD_OP_RUN) ||
             (step->op == CARD_OP_LOOK && op == CARD_OP_LOOK)) &&
            count >= step->count)
            script->celsius = (int32_t)step->ms;
        if (step->what == CARD_WHAT_DEGREES || step->op != op ||
            (step->count != 0 && step->count != count))
            continue;
        if (step->what == CARD_WHAT_SLOW)
            sleep_ms(step->ms);
        else
            what = step->what;
    }
    if (what == CARD_WHAT_DIE)
        (void)raise(SIGKILL);
    while (what == CARD_WHAT_HANG)
        (void)pause();
    if (what == CARD_WHAT_FAIL && op != CARD_OP_ALLOC && op != CARD_OP_PIN)
        script->has_failed = 1;
    return what;
}

#define OF(device) ((struct scripted *)(device))

static void scripted_run(struct device *device, enum kernel kernel, const void *args)
{
    struct scripted *scripted = OF(device);

    if (next(scripted->script, CARD_OP_RUN) != CARD_WHAT_FAIL)
        scripted->inner->run(scripted->inner, kernel, args);
}

static void *scripted_alloc(struct device *device, size_t bytes)
{
    struct scripted *scripted = OF(device);

    return next(scripted->script, CARD_OP_ALLOC) == CARD_WHAT_FAIL
               ? NULL
               : scripted->inner->alloc(scripted->inner, bytes);
}

static void scripted_release(struct device *device, void *memory)
{
    OF(device)->inner->release(OF(device)->inner, memory);
}

static void *scripted_pin(struct device *device, size_t bytes)
{
    return next(OF(device)->script, CARD_OP_PIN) == CARD_WHAT_FAIL ? NULL : calloc(1, bytes);
}

static void scripted_unpin(struct device *device, void *memory)
{
    (void)device;
    free(memory);
}

static void scripted_clear(struct device *device, void *memory, size_t bytes)
{
    if (next(OF(device)->script, CARD_OP_CLEAR) != CARD_WHAT_FAIL)
        OF(device)->inner->clear(OF(device)->inner, memory, bytes);
}

static void scripted_write(struct device *device, void *to, const void *from, size_t bytes)
{
    if (next(OF(device)->script, CARD_OP_WRITE) != CARD_WHAT_FAIL)
        OF(device)->inner->write(OF(device)->inner, to, from, bytes);
}

static void scripted_read(struct device *device, void *to, const void *from, size_t bytes)
{
    enum card_what what = next(OF(device)->script, CARD_OP_READ);

    if (what == CARD_WHAT_FAIL)
        return;
    OF(device)->inner->read(OF(device)->inner, to, from, bytes);
    if (what == CARD_WHAT_WRONG && bytes > 0)
        *(unsigned char *)to ^= 1;
}

static void scripted_copy(struct device *device, void *to, const void *from, size_t bytes)
{
    OF(device)->inner->copy(OF(device)->inner, to, from, bytes);
}

static int scripted_wait(struct device *device, struct error *err)
{
    struct scripted *scripted = OF(device);

    (void)next(scripted->script, CARD_OP_WAIT);
    if (!scripted->script->has_failed)
        return scripted->inner->wait(scripted->inner, err);
    scripted->script->has_failed = 0;
    return error_set(err, AGON_EIO, "%s: it fails as its script says", device->name);
}

static void scripted_free(struct device *device)
{
    OF(device)->inner->free(OF(device)->inner);
    free(device);
}

struct device *card_scripted_new(struct device *inner, struct card_script *script)
{
    struct scripted *scripted = calloc(1, sizeof(*scripted));

    if (scripted == NULL)
        return NULL;
    scripted->script = script;
    scripted->inner = inner;
    scripted->device = (struct device){.name = "scripted",
                                       .run = scripted_run,
                                       .alloc = scripted_alloc,
                                       .release = scripted_release,
                                       .pin = scripted_pin,
                                       .unpin = scripted_unpin,
                                       .clear = scripted_clear,
                                       .write = scripted_write,
                                       .read = scripted_read,
                                       .copy = scripted_copy,
                                       .wait = scripted_wait,
                                       .free = scripted_free};
    return &scripted->device;
}

int32_t card_script_celsius(struct card_script *script)
{
    (void)next(script, CARD_OP_LOOK);
    return script->celsius;
}

int card_script_start(struct card_script *script, struct error *err)
{
    int is_good = next(script, CARD_OP_START) != CARD_WHAT_FAIL;

    script->has_failed = 0;
    return is_good ? AGON_OK
                   : error_set(err, AGON_EIO, "scripted: it does not start, as its script says");
}
