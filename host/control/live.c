// SPDX-License-Identifier: Apache-2.0
/* What is live: JSON values by key, each with the version in which it last changed, and of an
 * object each of its members too. So whoever is sent less often than others misses nothing: a
 * message has what changed since the version that its reader was sent last. */
#include <stdlib.h>
#include <string.h>

#include "control/impl.h"

/* The members of a JSON object without blanks, as jout writes it. 0: it is none, or one that is
 * better sent whole. */
static uint32_t split(const char *text, size_t n, struct live_member *members)
{
    uint32_t count = 0;
    size_t at = 1;

    if (n < 2 || text[0] != '{')
        return 0;
    while (at < n && text[at] == '"') {
        struct live_member *member = &members[count];
        size_t depth = 0, end;
        int is_text = 0;

        for (end = ++at; end < n && text[end] != '"'; end++) {
            if (text[end] == '\\')
                return 0;
        }
        if (count == LIVE_MEMBERS || end - at >= LIVE_KEY || end + 1 >= n)
            return 0;
        *member = (struct live_member){.key = (uint32_t)at, .key_n = (uint32_t)(end - at)};
        at = end + 2; // behind the colon
        member->at = (uint32_t)at;
        for (; at < n; at++) {
            char c = text[at];

            if (is_text) {
                at += c == '\\';
                is_text = c != '"';
            } else if (c == '"') {
                is_text = 1;
            } else if (c == '{' || c == '[') {
                depth++;
            } else if ((c == '}' || c == ']' || c == ',') && depth == 0) {
                break;
            } else if (c == '}' || c == ']') {
                depth--;
            }
        }
        member->n = (uint32_t)(at - member->at);
        count++;
        at++; // behind the comma
    }
    return count;
}

static int is_alike(const struct live_entry *entry, const char *text,
                    const struct live_member *members, uint32_t n)
{
    if (entry->text == NULL || n == 0 || entry->n_members != n)
        return 0;
    for (uint32_t i = 0; i < n; i++) {
        if (entry->members[i].key_n != members[i].key_n ||
            memcmp(entry->text + entry->members[i].key, text + members[i].key, members[i].key_n) !=
                0)
            return 0;
    }
    return 1;
}

static void take_members(struct live_entry *entry, const char *text, size_t n, uint64_t version)
{
    struct live_member members[LIVE_MEMBERS];
    uint32_t count = split(text, n, members);
    int is_same = is_alike(entry, text, members, count);
    struct live_member *kept;

    for (uint32_t i = 0; i < count; i++) {
        const struct live_member *was = is_same ? &entry->members[i] : NULL;

        members[i].version =
            was != NULL && was->n == members[i].n &&
                    memcmp(entry->text + was->at, text + members[i].at, was->n) == 0
                ? was->version
                : version;
    }
    if (!is_same)
        entry->whole = version;
    kept = count > 0 ? malloc(count * sizeof(members[0])) : NULL;
    free(entry->members);
    entry->members = kept;
    entry->n_members = kept != NULL ? count : 0; // without memory it is sent whole
    if (kept != NULL)
        memcpy(kept, members, count * sizeof(members[0]));
}

static void end_value(struct control_live *live)
{
    struct live_entry *entry;
    const char *text;

    if (live->open < 0)
        return;
    entry = &live->entries[live->open];
    live->open = -1;
    text = jout_text(&live->value);
    if (entry->text != NULL && entry->n == live->value.n &&
        memcmp(entry->text, text, entry->n) == 0)
        return;
    take_members(entry, text, live->value.n, live->version);
    free(entry->text);
    entry->text = strndup(text, live->value.n);
    entry->n = entry->text != NULL ? live->value.n : 0;
    entry->version = live->version;
}

struct jout *control_live_set(struct control_live *live, const char *key)
{
    uint32_t at = live->hint;

    end_value(live);
    jout_reset(&live->value);
    // Keys come in the same order each time, so the place is nearly always the next one.
    if (at >= live->n || strcmp(live->entries[at].key, key) != 0) {
        for (at = 0; at < live->n && strcmp(live->entries[at].key, key) != 0; at++)
            ;
    }
    if (at == LIVE_KEYS || strlen(key) >= LIVE_KEY) {
        live->n_lost++;
        return &live->value; // written and dropped
    }
    if (at == live->n) {
        memset(&live->entries[at], 0, sizeof(live->entries[at]));
        memcpy(live->entries[at].key, key, strlen(key) + 1);
        live->n++;
    }
    live->entries[at].is_set = 1;
    live->open = (int32_t)at;
    live->hint = at + 1;
    return &live->value;
}

void control_live_end(struct live_entry *entry)
{
    free(entry->text);
    free(entry->members);
    memset(entry, 0, sizeof(*entry));
}

void control_live_tick(struct control *control)
{
    struct control_live *live = control->live;
    uint32_t kept = 0;

    live->version++;
    live->hint = 0;
    for (uint32_t i = 0; i < live->n; i++)
        live->entries[i].is_set = 0;
    control->config.port.live(control->config.port.ctx, live);
    end_value(live);
    for (uint32_t i = 0; i < live->n; i++) {
        struct live_entry *entry = &live->entries[i];

        if (entry->is_set) {
            if (kept != i)
                live->entries[kept] = *entry;
            kept++;
        } else {
            struct live_gone *gone = &live->gone[live->n_gone++ % LIVE_KEYS];

            memcpy(gone->key, entry->key, sizeof(gone->key));
            gone->version = live->version;
            control_live_end(entry);
        }
    }
    live->n = kept;
}

int control_live_knows(const struct control_live *live, uint64_t version)
{
    return version != 0 &&
           (live->n_gone <= LIVE_KEYS || live->gone[live->n_gone % LIVE_KEYS].version <= version);
}

int control_live_takes(struct live_reader *reader, const char *key)
{
    if (!reader->is_choosy)
        return 1;
    for (uint32_t i = 0; i < reader->n_keys; i++) {
        size_t n = strlen(reader->keys[i]);

        if (n > 0 && reader->keys[i][n - 1] == '/' ? strncmp(key, reader->keys[i], n) == 0
                                                   : strcmp(key, reader->keys[i]) == 0)
            return 1;
    }
    return 0;
}

static void put_changed(const struct live_entry *entry, uint64_t since, struct jout *out)
{
    char key[LIVE_KEY];

    jout_key(out, entry->key);
    jout_open(out, '{');
    for (uint32_t i = 0; i < entry->n_members; i++) {
        const struct live_member *member = &entry->members[i];

        if (member->version <= since)
            continue;
        memcpy(key, entry->text + member->key, member->key_n);
        key[member->key_n] = '\0';
        jout_key(out, key);
        jout_raw(out, entry->text + member->at, member->n);
    }
    jout_close(out, '{');
}

static int is_merged(const struct live_reader *reader, const struct live_entry *entry,
                     uint64_t since)
{
    return reader->is_choosy && entry->n_members > 0 && entry->whole <= since;
}

static int is_there(const struct control_live *live, const char *key)
{
    for (uint32_t i = 0; i < live->n; i++) {
        if (strcmp(live->entries[i].key, key) == 0)
            return 1;
    }
    return 0;
}

uint32_t control_live_message(const struct control_live *live, struct live_reader *reader,
                              struct jout *out)
{
    uint64_t since = control_live_knows(live, reader->version) ? reader->version : 0;
    uint64_t first = live->n_gone > LIVE_KEYS ? live->n_gone - LIVE_KEYS : 0;
    uint32_t n = 0;

    jout_open(out, '{');
    jout_kv_str(out, "type", since == 0 ? "snapshot" : "diff");
    jout_kv_int(out, "version", (int64_t)live->version);
    for (int is_merge = 0; is_merge <= reader->is_choosy; is_merge++) {
        jout_key(out, is_merge ? "merge" : "set");
        jout_open(out, '{');
        for (uint32_t i = 0; i < live->n; i++) {
            const struct live_entry *entry = &live->entries[i];

            if (entry->text == NULL || (since != 0 && entry->version <= since) ||
                is_merged(reader, entry, since) != is_merge ||
                !control_live_takes(reader, entry->key))
                continue;
            n++;
            if (is_merge) {
                put_changed(entry, since, out);
                continue;
            }
            jout_key(out, entry->key);
            jout_raw(out, entry->text, entry->n);
        }
        jout_close(out, '{');
    }
    jout_key(out, "removed");
    jout_open(out, '[');
    for (uint64_t i = first; i < live->n_gone && since != 0; i++) {
        const struct live_gone *gone = &live->gone[i % LIVE_KEYS];

        if (gone->version <= since || !control_live_takes(reader, gone->key) ||
            is_there(live, gone->key)) // it has come again
            continue;
        n++;
        jout_str(out, gone->key);
    }
    jout_close(out, '[');
    jout_close(out, '{');
    return n;
}
