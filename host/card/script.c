// SPDX-License-Identifier: Apache-2.0
#include "card/script.h"

#include <stdio.h>
#include <string.h>

#define STEP_TEXT 64

static const char *const op_names[CARD_OPS] = {"start", "alloc", "pin",  "write", "run",
                                               "read",  "clear", "wait", "heat",  "look"};
static const char *const what_names[CARD_WHAT_DEGREES] = {"fail", "hang", "die", "slow", "wrong"};

static int is_number(const char *text, uint32_t *value)
{
    size_t n = strspn(text, "0123456789");

    *value = 0;
    if (n == 0 || n > 9 || text[n] != '\0')
        return 0;
    return sscanf(text, "%u", value) == 1;
}

static int read_what(const char *word, struct card_step *step)
{
    if (step->op == CARD_OP_HEAT || step->op == CARD_OP_LOOK) {
        step->what = CARD_WHAT_DEGREES;
        return is_number(word, &step->ms);
    }
    if (strncmp(word, "slow=", 5) == 0) {
        step->what = CARD_WHAT_SLOW;
        return is_number(word + 5, &step->ms);
    }
    for (step->what = CARD_WHAT_FAIL; step->what < CARD_WHAT_DEGREES;
         step->what = (enum card_what)(step->what + 1)) {
        if (step->what != CARD_WHAT_SLOW && strcmp(word, what_names[step->what]) == 0)
            return 1;
    }
    return 0;
}

static int read_step(const char *text, struct card_step *step)
{
    char words[4][32], more[2];

    *step = (struct card_step){0};
    if (sscanf(text, "%31s %31s %31s %31s %1s", words[0], words[1], words[2], words[3], more) !=
            4 ||
        !is_number(words[0], &step->life) || !is_number(words[2], &step->count))
        return 0;
    for (step->op = CARD_OP_START;
         step->op < CARD_OPS && strcmp(words[1], op_names[step->op]) != 0;)
        step->op = (enum card_op)(step->op + 1);
    return step->op < CARD_OPS && read_what(words[3], step);
}

int card_steps_read(const char *text, struct card_step steps[CARD_STEPS_MAX], struct error *err)
{
    int n = 0;

    for (const char *at = text; at != NULL && *at != '\0'; at = strchr(at, ',')) {
        char step[STEP_TEXT];
        size_t bytes;

        at += *at == ',';
        bytes = strcspn(at, ",");
        (void)snprintf(step, sizeof(step), "%.*s",
                       (int)(bytes < sizeof(step) ? bytes : sizeof(step) - 1), at);
        if (n == CARD_STEPS_MAX)
            return error_set(err, AGON_EINVAL, "has more than %d steps", CARD_STEPS_MAX);
        if (bytes >= sizeof(step) || !read_step(step, &steps[n++]))
            return error_set(
                err, AGON_EINVAL,
                "'%.40s' is not a step; expected LIFE OP COUNT WHAT, as in '1 run 3 fail' "
                "(start, alloc, pin, write, run, read, clear, wait; fail, hang, die, "
                "wrong, slow=MS) or '0 heat 1 60' (heat, look)",
                step);
    }
    return n;
}
