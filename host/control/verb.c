// SPDX-License-Identifier: Apache-2.0
#include "control/verb.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "config/suggest.h"

const struct control_verb *control_find(const struct control_verb *verbs, const char *name)
{
    for (const struct control_verb *verb = verbs; verb->name != NULL; verb++) {
        if (strcmp(verb->name, name) == 0)
            return verb;
    }
    return NULL;
}

static void drop_words(struct control_call *call, int n)
{
    call->argc -= n;
    memmove(call->argv, call->argv + n, (size_t)call->argc * sizeof(call->argv[0]));
}

const struct control_verb *control_match(const struct control_verb *verbs,
                                         struct control_call *call, struct error *err)
{
    const char *first = call->argc > 0 ? call->argv[0] : "";
    const char *second = call->argc > 1 ? call->argv[1] : "";
    struct suggest suggest = {0};
    char safe[160];
    char two[160] = "";
    const struct control_verb *verb;

    if (strlen(first) + strlen(second) < sizeof(two) - 2) {
        snprintf(two, sizeof(two), "%s %s", first, second);
        verb = control_find(verbs, two);
        if (verb != NULL) {
            drop_words(call, 2);
            return verb;
        }
        verb = control_find(verbs, first);
        if (verb != NULL) {
            drop_words(call, 1);
            return verb;
        }
    }
    for (verb = verbs; verb->name != NULL; verb++) {
        suggest_offer(&suggest, first, strnlen(first, 64), verb->name);
        suggest_offer(&suggest, two, second[0] != '\0' ? strnlen(two, 64) : 0, verb->name);
    }
    utf8_escape(first, strnlen(first, 32), safe, sizeof(safe));
    error_set(err, AGON_ENOENT, "unknown verb '%s'%s%s%s", safe,
              suggest.best != NULL ? "; did you mean '" : "",
              suggest.best != NULL ? suggest.best : "", suggest.best != NULL ? "'?" : "");
    return NULL;
}

int control_check(const struct control_verb *verb, const struct control_call *call,
                  struct error *err)
{
    if (call->argc >= verb->args_min && call->argc <= verb->args_max)
        return AGON_OK;
    return error_set(err, AGON_EINVAL, "%s takes %s: %s%s%s", verb->name,
                     verb->args_max == 0           ? "no argument"
                     : call->argc < verb->args_min ? "an argument more"
                                                   : "fewer arguments",
                     verb->name, verb->usage[0] != '\0' ? " " : "", verb->usage);
}
