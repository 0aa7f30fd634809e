// SPDX-License-Identifier: Apache-2.0
#include "card/scripted.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define STEPS_MAX 64

enum op { START, ALLOC, PIN, WRITE, RUN, READ, CLEAR, WAIT, HEAT, LOOK, OPS };
static const char *const op_names[OPS] = {"start", "alloc", "pin",  "write", "run",
                                          "read",  "clear", "wait", "heat",  "look"};
enum what { FAIL, HANG, DIE, SLOW, WRONG, DEGREES, WHATS };
static const char *const what_names[DEGREES] = {"fail", "hang", "die", "slow", "wrong"};

struct step {
    uint32_t life, count, ms;
    enum op op;
    enum what what;
};

struct card_script {
    struct step steps[STEPS_MAX]; /* of this life */
    uint32_t n_steps;
    uint32_t counts[OPS];
    int has_failed; /* since the last wait */
    int32_t celsius;
};

struct scripted {
    struct device device; /* first */
    struct device *inner; /* owned */
    struct card_script *script;
};

static int parse_step(const char *text, struct step *step)
{
    char op[16];
    char what[32];

    if (sscanf(text, "%u %15s %u %31s", &step->life, op, &step->count, what) != 4)
        return AGON_EINVAL;
    for (step->op = START; step->op < OPS && strcmp(op, op_names[step->op]) != 0;)
        step->op = (enum op)(step->op + 1);
    if (step->op == HEAT || step->op == LOOK) {
        step->what = DEGREES;
        return sscanf(what, "%u", &step->ms) == 1 ? AGON_OK : AGON_EINVAL;
    }
    for (step->what = FAIL; step->what < DEGREES; step->what = (enum what)(step->what + 1))
        if (strncmp(what, what_names[step->what], strlen(what_names[step->what])) == 0)
            break;
    if (step->op == OPS || step->what == DEGREES ||
        (step->what == SLOW && sscanf(what, "slow=%u", &step->ms) != 1))
        return AGON_EINVAL;
    return AGON_OK;
}

int card_script_new(struct card_script **script, const char *text, uint32_t life, struct error *err)
{
    struct card_script *whole = calloc(1, sizeof(*whole));

    if (whole == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for a script");
    whole->celsius = -1;
    *script = whole;
    for (const char *at = text; at != NULL && *at != '\0'; at = strchr(at, ',')) {
        struct step step = {0};

        at += *at == ',';
        if (whole->n_steps == STEPS_MAX || parse_step(at, &step) < 0)
            return error_set(err, AGON_EINVAL, "no script: \"%.*s\"", (int)strcspn(at, ","), at);
        if (step.life == 0 || step.life == life)
            whole->steps[whole->n_steps++] = step;
    }
    return AGON_OK;
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

/* Counts one more of op; what the script wants of it, or WHATS. */
static enum what next(struct card_script *script, enum op op)
{
    uint32_t count = ++script->counts[op];
    enum what what = WHATS;

    for (uint32_t i = 0; i < script->n_steps; i++) {
        const struct step *step = &script->steps[i];

        if (((step->op == HEAT && op == RUN) || (step->op == LOOK && op == LOOK)) &&
            count >= step->count)
            script->celsius = (int32_t)step->ms;
        if (step->what == DEGREES || step->op != op || (step->count != 0 && step->count != count))
            continue;
        if (step->what == SLOW)
            sleep_ms(step->ms);
        else
            what = step->what;
    }
    if (what == DIE)
        (void)raise(SIGKILL);
    while (what == HANG)
        (void)pause();
    if (what == FAIL && op != ALLOC && op != PIN)
        script->has_failed = 1;
    return what;
}

#define OF(device) ((struct scripted *)(device))

static void scripted_run(struct device *device, enum kernel kernel, const void *args)
{
    struct scripted *scripted = OF(device);

    if (next(scripted->script, RUN) != FAIL)
        scripted->inner->run(scripted->inner, kernel, args);
}

static void *scripted_alloc(struct device *device, size_t bytes)
{
    struct scripted *scripted = OF(device);

    return next(scripted->script, ALLOC) == FAIL ? NULL
                                                 : scripted->inner->alloc(scripted->inner, bytes);
}

static void scripted_release(struct device *device, void *memory)
{
    OF(device)->inner->release(OF(device)->inner, memory);
}

static void *scripted_pin(struct device *device, size_t bytes)
{
    return next(OF(device)->script, PIN) == FAIL ? NULL : calloc(1, bytes);
}

static void scripted_unpin(struct device *device, void *memory)
{
    (void)device;
    free(memory);
}

static void scripted_clear(struct device *device, void *memory, size_t bytes)
{
    if (next(OF(device)->script, CLEAR) != FAIL)
        OF(device)->inner->clear(OF(device)->inner, memory, bytes);
}

static void scripted_write(struct device *device, void *to, const void *from, size_t bytes)
{
    if (next(OF(device)->script, WRITE) != FAIL)
        OF(device)->inner->write(OF(device)->inner, to, from, bytes);
}

static void scripted_read(struct device *device, void *to, const void *from, size_t bytes)
{
    enum what what = next(OF(device)->script, READ);

    if (what == FAIL)
        return;
    OF(device)->inner->read(OF(device)->inner, to, from, bytes);
    if (what == WRONG && bytes > 0)
        *(unsigned char *)to ^= 1;
}

static void scripted_copy(struct device *device, void *to, const void *from, size_t bytes)
{
    OF(device)->inner->copy(OF(device)->inner, to, from, bytes);
}

static int scripted_wait(struct device *device, struct error *err)
{
    struct scripted *scripted = OF(device);

    (void)next(scripted->script, WAIT);
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
    (void)next(script, LOOK);
    return script->celsius;
}

int card_script_start(struct card_script *script, struct error *err)
{
    int is_good = next(script, START) != FAIL;

    script->has_failed = 0;
    return is_good ? AGON_OK
                   : error_set(err, AGON_EIO, "scripted: it does not start, as its script says");
}
