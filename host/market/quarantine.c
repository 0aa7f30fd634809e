// SPDX-License-Identifier: Apache-2.0
#include "market/quarantine.h"

#include <stdio.h>

#include "base/utf8.h"

#define IS    " is quarantined: "
#define AFTER "; " QUARANTINE_NEXT

void quarantine_put(char text[QUARANTINE_TEXT], const char *agent, uint32_t n_crashes,
                    const char *last)
{
    char shown[QUARANTINE_TEXT];
    const char *where;
    size_t n, room;
    int is_long;
    int used = snprintf(text, QUARANTINE_TEXT, "%.31s" IS "%u crash%s", agent, n_crashes,
                        n_crashes == 1 ? "" : "es");

    (void)utf8_escape(last, strlen(last), shown, sizeof(shown));
    // Where exactly it died is for its author: in the crash's own record, and in the log.
    n = strcspn(shown, ",;");
    where = strstr(shown, " (after");
    if (where != NULL && (size_t)(where - shown) < n)
        n = (size_t)(where - shown);
    room = QUARANTINE_TEXT - (size_t)used - sizeof(", last: ") - sizeof(AFTER) + 1;
    is_long = n > room;
    if (is_long) {
        n = room - sizeof(" ...") + 1;
        while (n > 0 && shown[n] != ' ')
            n--; // no half of a word
    }
    snprintf(text + used, QUARANTINE_TEXT - (size_t)used, "%s%.*s%s" AFTER, n > 0 ? ", last: " : "",
             (int)n, shown, n > 0 && is_long ? " ..." : "");
}

char *quarantine_why(const struct record_quarantine *record, char text[QUARANTINE_TEXT + 16])
{
    const char *from = strstr(record->text, IS);
    const char *to;

    from = from != NULL ? from + sizeof(IS) - 1 : record->text;
    to = strstr(from, AFTER);
    snprintf(text, QUARANTINE_TEXT + 16, "%.*s", to != NULL ? (int)(to - from) : (int)strlen(from),
             from);
    return text;
}
