// SPDX-License-Identifier: MIT
/* plugin: the tables and descriptors that host and plugin hand each other.
 *
 * A plugin exports one data symbol, agon_plugin, and one ELF note; nothing of it runs before the
 * host has checked both. Tables start with their size, grow only at the end and are read through
 * AGON_HAS. Nobody frees the other side's memory.
 *
 * Order of calls: create, load_state if there is a state, on_start, on_event ..., on_stop, destroy.
 * Thread tags: [agent] calls of one instance are serial, on whatever thread the host has for it;
 * [control] is never at the same time as an [agent] call of that instance. Inside a callback: no
 * heap, no system call, no lock, no time source but agon.clock, no randomness but agon.rng. */
#ifndef AGON_PLUGIN_H
#define AGON_PLUGIN_H

#include "agon/event.h"

/* Host to plugin. Valid from create to destroy. */
struct agon_host {
    uint32_t size;
    uint16_t abi_major, abi_minor;
    void *ctx; /* the host's own */
    const char *name, *version;
    /* A service by its id, such as AGON_EXT_ORDERS; NULL when it is not served to this plugin. The
     * table is valid until destroy. [agent; in create and on_start] */
    const void *(*get_extension)(const struct agon_host *host, const char *id);
};
/* Where save_state writes. write takes up to n bytes and returns how many it took, or AGON_E...;
 * agon_write loops over it. */
struct agon_out {
    uint32_t size, pad;
    void *ctx;
    int64_t (*write)(struct agon_out *out, const void *at, uint64_t n);
};
/* Where load_state reads. read gives up to n bytes and returns how many, 0 at the end, or
 * AGON_E...; agon_read loops over it. */
struct agon_in {
    uint32_t size, pad;
    void *ctx;
    int64_t (*read)(struct agon_in *in, void *at, uint64_t n);
};

/* Why on_start is called. */
enum agon_start {
    AGON_START_FRESH = 1,   /* no state; the slot may have orders and positions nevertheless */
    AGON_START_RESTORE = 2, /* load_state came before */
    AGON_START_SHADOW = 3,  /* beside the active one; intents are only compared */
    AGON_START_RELOAD = 4   /* takes over now: adopt the slot's orders and position */
};
/* Why on_stop is called. */
enum agon_end {
    AGON_END_DONE = 1,    /* the input is at its end */
    AGON_END_RELOAD = 2,  /* another generation is active */
    AGON_END_DEMOTED = 3, /* the tournament's word */
    AGON_END_RISK = 4,    /* a limit was broken */
    AGON_END_HOST = 5     /* the host stops */
};
/* Plugin to host, filled by create: one instance. A function that is not needed may be NULL, but
 * for on_event and destroy. All [agent] but destroy, which is [control]. */
struct agon_agent {
    uint32_t size, pad;
    void *self;
    /* Find instruments, take extensions, arm timers. RELOAD: adopt the slot's orders and position,
     * or return AGON_ESTATE and the reload is refused. Any other error: the start fails. */
    int (*on_start)(void *self, uint32_t reason);
    /* One event. nth: the slot's own count of deliveries, which goes on over reloads. An error is
     * counted and shown; a hundred in a row fail the plugin. */
    int (*on_event)(void *self, const struct agon_event_hdr *event, uint64_t nth);
    /* Writes all that on_event depends on; between two events. */
    int (*save_state)(void *self, struct agon_out *out);
    /* All or nothing: a failure changes nothing. Before on_start. */
    int (*load_state)(void *self, struct agon_in *in, uint32_t schema);
    /* The last call but destroy; at most 5 ms. Orders are no longer taken. */
    int (*on_stop)(void *self, uint32_t reason);
    void (*destroy)(void *self);
    /* What the plugin offers to the host, such as agon.sweep/1; NULL: nothing of that name. */
    const void *(*get_extension)(void *self, const char *id);
};

/* What a plugin is. Only a strategy is served agon.orders and agon.exit. */
enum agon_kind { AGON_STRATEGY = 1, AGON_MODEL = 2, AGON_ANALYTIC = 3 };
/* agon_descriptor.caps */
enum {
    AGON_ADOPTS_ORDERS = 1, /* on_start(RELOAD) takes over open orders */
    AGON_DETERMINISTIC = 2, /* the same events give the same intents */
    AGON_STATELESS = 4,     /* nothing to save */
    AGON_RUNS_AHEAD = 16,   /* does nothing by hdr.seq of public events: a backtest with processes
                               may let it hear of them before the numbers of what others do
                               meanwhile are known. They rise from event to event nevertheless */
    AGON_NEEDS_GPU = 8      /* of no use without a lease, which the roster alone gives
                               (gpu.leases); agon config check says where it gives none */
};
/* agon_param.type */
enum agon_param_type {
    AGON_INTEGER = 1, /* min, max, def, step are whole numbers within 2^53 */
    AGON_REAL = 2,
    AGON_TEXT = 3,  /* free text, at most 255 bytes; the default is empty */
    AGON_CHOICE = 4 /* one of choices ("fast|slow"); def is the index of the default */
};
/* agon_param.flags */
enum {
    AGON_PARAM_LIVE = 1,    /* may change in flight, by a PARAM event */
    AGON_PARAM_RESTART = 2, /* a change needs a restart */
    AGON_PARAM_TUNABLE = 4  /* a search may try values from min to max by step */
};
#define AGON_ON(type)      ((uint64_t)1 << (type)) /* of a number below 64 */
#define AGON_ON_MORE(type) ((uint64_t)1 << ((type)-AGON_EVENT_MORE))
/* agon_descriptor.publishes, reads */
#define AGON_PUBLISHES_MAX 8
#define AGON_READS_MAX     16
#define AGON_TAGS_MAX      32

/* One parameter. The roster names it by name, agon.param by id. */
struct agon_param {
    uint32_t size, id, type, flags; /* id: from 1, unique in the plugin, never reused */
    double min, max, def, step;     /* min <= def <= max; min = max = 0: no bounds */
    const char *name, *unit, *doc;  /* name: [a-z][a-z0-9_]*, up to 31 bytes */
    const char *choices;            /* of AGON_CHOICE; else NULL */
};
/* What one plugin is and wants. Constant data: it is read before any instance exists. */
struct agon_descriptor {
    uint32_t size, caps, kind, n_params;
    const char *id;                         /* "org.example.my_strategy"; as in the note */
    const char *name, *vendor;              /* for people, UTF-8 */
    const char *version;                    /* "1.2.3"; as in the note */
    const char *summary;                    /* one sentence */
    const struct agon_param *const *params; /* n_params pointers */
    const char *const *requires_ext;        /* n_requires ids; what is missing refuses the start */
    uint32_t n_requires;
    uint32_t state_schema;        /* the author's number of what save_state writes */
    uint32_t state_schema_oldest; /* the oldest that load_state reads */
    uint32_t
        budget_ns; /* the author's promise per callback; the limit that kills is the roster's */
    uint64_t event_mask;  /* AGON_ON of each wanted type; which instruments: the roster */
    uint64_t arena_bytes; /* all the memory that agon.arena will give */
    /* Names for agon.signal, [a-z][a-z0-9_]*, up to 31 bytes. A descriptor that ends before them
     * publishes nothing and reads nothing. */
    const char *const *publishes; /* n_publishes names, AGON_PUBLISHES_MAX at most */
    const char *const *reads;     /* n_reads names of inputs, AGON_READS_MAX at most */
    uint32_t n_publishes, n_reads;
    uint64_t event_more; /* AGON_ON_MORE of each wanted type from AGON_EVENT_MORE on */
    /* Names of the author's reasons, as of publishes: tags[i] is that of agon_intent.reason i + 1.
     * A reason without one, or of a descriptor that ends before them, is shown as its number. */
    const char *const *tags; /* n_tags names, AGON_TAGS_MAX at most */
    uint32_t n_tags, n_metrics;
    /* Names of agon.metric's numbers, as of publishes: metrics[i] is that of number i. A number
     * without one, or of a descriptor that ends before them, is shown as its number; a line over
     * candles has the name that it was given. */
    const char *const *metrics; /* n_metrics names, AGON_METRICS_MAX at most */
};
/* What a plugin file is: the type of agon_plugin. */
struct agon_entry {
    uint32_t size;
    uint16_t abi_major, abi_minor; /* AGON_ABI_MAJOR, AGON_ABI_MINOR */
    uint32_t n_plugins, pad;       /* 1 to 64 */
    const struct agon_descriptor *const *plugins;
    /* Makes an instance of plugins[index] and fills agent (agon_agent_set). AGON_EINVAL: no such
     * index. [control] */
    int (*create)(const struct agon_host *host, uint32_t index, struct agon_agent *agent);
    /* Rewrites a saved state of schema from into the present schema. A pure function; NULL when
     * there is nothing to migrate. [control] */
    int (*migrate)(uint32_t index, uint32_t from, struct agon_in *in, struct agon_out *out);
};

/* ELF note of the file: read with no code run (`agon inspect x.so`). */
struct agon_note {
    uint32_t owner_bytes, note_bytes, type; /* 5, 96, AGON_NOTE_TYPE */
    char owner[8];                          /* "Agon" */
    uint16_t abi_major, abi_minor;
    uint32_t layout_hash;
    char id[64], version[24]; /* of the first descriptor; end with a NUL */
};
#define AGON_NOTE_TYPE 0x41474e31u
/* Once per plugin, at file scope: AGON_NOTE("org.example.my_strategy", "1.0.0"); */
#define AGON_NOTE(id, version)                                                                     \
    __attribute__((section(".note.agon"), used,                                                    \
                   aligned(4))) static const struct agon_note agon_note = {                        \
        5,  96,     AGON_NOTE_TYPE, "Agon", AGON_ABI_MAJOR, AGON_ABI_MINOR, AGON_LAYOUT_HASH,      \
        id, version}
AGON_SIZE_IS(agon_note, 116);

/* The only symbol that a plugin exports. */
#ifdef __cplusplus
extern "C"
#else
extern
#endif
    AGON_EXPORT const struct agon_entry agon_plugin;

#endif
