// SPDX-License-Identifier: Apache-2.0
/* verb: what can be asked of a running host, and ordered. One table of verbs is the whole
 * interface: `agon ctl VERB` on the run directory's socket, GET /api/v1/VERB for those that only
 * look, POST /api/v1/VERB for those that change something, and the page that describes both. */
#ifndef CONTROL_VERB_H
#define CONTROL_VERB_H

#include "control/schema.h"
#include "net/jout.h"

#define CONTROL_ARGS     8
#define CONTROL_ARG_MAX  4096        /* bytes of one */
#define CONTROL_LINE_MAX (64u << 10) /* bytes of a request */

enum control_scope {
    CONTROL_READ = 0,    /* looks */
    CONTROL_OPERATE = 1, /* changes state; over HTTP a token is asked for */
    CONTROL_CLIENT = 2   /* done by `agon ctl` itself; the host does not know it */
};
struct control_call {
    int argc;
    const char *argv[CONTROL_ARGS]; /* UTF-8 without control characters */
    const char *who;                /* who asks: a user's or a token's name; NULL: not known */
};
struct control_verb {
    const char *name;  /* one word or two: "halt", "log level" */
    const char *usage; /* its arguments, for people: "[SLOT|all]"; "" when there are none */
    const char *help;  /* one line, without a full stop */
    enum control_scope scope;
    int args_min, args_max;
    /* Writes one JSON value into out, when it returns AGON_OK or more; else err says why.
     * [control]; is_slow: [any], and nothing of the last look may be used */
    int (*run)(void *ctx, const struct control_call *call, struct jout *out, struct error *err);
    int is_urgent; /* places are kept for it when others have taken all */
    int is_slow;   /* takes longer than a blink: it has a thread of its own, and others are served
                      meanwhile */
    const struct control_field *gives;     /* what it answers; NULL: nobody knows */
    const struct control_field *gives_one; /* ... with all its arguments, where that is another */
};
/* The verb of that name, or NULL. */
const struct control_verb *control_find(const struct control_verb *verbs, const char *name);
/* Finds the verb by the first word or two of a list, and moves call to what follows. NULL with the
 * nearest name in err. */
const struct control_verb *control_match(const struct control_verb *verbs,
                                         struct control_call *call, struct error *err);
/* Are there as many arguments as the verb wants? AGON_EINVAL with its usage. */
int control_check(const struct control_verb *verb, const struct control_call *call,
                  struct error *err);

#endif
