// SPDX-License-Identifier: Apache-2.0
/* host_impl: what the parts of a host share among themselves. open.c opens it, boot.c brings its
 * engine to where the journal ends and gives it what is configured, core.c is its core thread,
 * drain.c what that takes of venues, show.c what that shows and on_paper.c what of it is a paper
 * host's, loader.c, io.c and writer.c have the others, change.c makes what an operator changes,
 * host.c starts, stops and looks. */
#ifndef RUN_HOST_IMPL_H
#define RUN_HOST_IMPL_H

#include <limits.h>
#include <pthread.h>

#include "base/heap.h"
#include "engine/along.h"
#include "engine/driver.h"
#include "engine/paper.h"
#include "jobs/jobs.h"
#include "journal/packed.h"
#include "journal/reader.h"
#include "journal/writer.h"
#include "market/history.h"
#include "net/jout.h"
#include "net/stream_uv.h"
#include "run/alert_sink.h"
#include "run/cards.h"
#include "run/clock_guard.h"
#include "run/host.h"
#include "run/market_bars.h"
#include "run/market_guard.h"
#include "sys/beat.h"
#include "sys/claim.h"
#include "sys/clock.h"
#include "sys/disk_posix.h"
#include "sys/futex.h"
#include "sys/lock.h"
#include "sys/machine.h"
#include "sys/rundir.h"
#include "venue/time_probe.h"
#include "venue/windows.h"

#define HOST_BATCH      256    /* events of a source in one turn of the core */
#define HOST_MEASURED   16     /* one step in so many, while more of a batch waits */
#define HOST_BARS       16384u /* that wait for the loader, at most */
#define CHECKPOINT_NS   ((int64_t)10 * 1000000000)
#define HOST_HUNG_MAX   16
#define HOST_WISHES     8192u
#define SNAPSHOTS_KEPT  3
#define COMMAND_RESULTS 64
#define HOST_NOTES      16u    /* quarantines lifted that the core has not taken */
#define HOST_TO_VENUE   65536u /* commands: more than twice the engine's orders */

/* Why the host itself lets nothing new leave; the engine knows each as a cause of its own. */
enum host_halt {
    HOST_HALT_STOPPING = 1 << HALT_STOPPING, /* the host is about to end */
    HOST_HALT_JOURNAL = 1 << HALT_JOURNAL,   /* the journal is above RUNNING */
    HOST_HALT_CLOCK = 1 << HALT_CLOCK        /* what time it is stands in doubt, or the journal is
                                                ahead of it */
};

enum loader_job {
    LOADER_RELOAD = 1,
    LOADER_ROLLBACK = 2,
    LOADER_RESTART = 3,
    LOADER_ADD = 4,
    LOADER_CLEAR = 5 /* a binary may run again */
};
/* What the core does for a HOST_CHANGE_ADD while the loader makes it. */
enum host_add { ADD_SEAT = 128, ADD_PLAYS = 129, ADD_EMPTY = 130 };
enum job_state { JOB_FREE = 0, JOB_ASKED = 1, JOB_DONE = 2 };
struct host_job {           /* that somebody waits for */
    uint32_t kind;          /* enum loader_job */
    _Atomic uint32_t state; /* enum job_state */
    uint16_t slot;
    uint8_t is_seated;          /* of LOADER_ADD: the engine knows the slot */
    char path[512];             /* of LOADER_CLEAR: the binary's hash, or how it begins */
    struct host_change *change; /* borrowed; of LOADER_ADD */
    const char *reason;         /* borrowed; of LOADER_CLEAR */
    uint64_t
        seq; /* of the event by which a generation took over; of LOADER_CLEAR the note's number */
    int rc;
    struct error err;
};

struct wish {
    _Alignas(64) unsigned char bytes[ENGINE_WISH_BYTES];
    uint16_t slot;
};
/* A venue of the host: its gateway, its rings, and the exchange that stands in for it on paper. */
struct host_line {
    struct gateway *gateway;      /* owned */
    struct paper *paper;          /* owned; [core]; on paper */
    agon_ns_t t_bar, t_bar_told;  /* [core]; of the bar that paper was shown: on_paper.c */
    uint8_t is_bar_shown;         /* ... and the engine not yet */
    uint8_t is_past_taken;        /* [core]; all that the venue had told when it had read history */
    struct venue_windows windows; /* [core]; what paper's orders are held to */
    struct market_bars bars;      /* what its market is, by its own word at the start */
    /* Another account of a venue: what comes of that one's market comes here as well, as events of
     * this line's own instruments. copies.c */
    struct host_line *feed;   /* NULL: it has market data of its own */
    struct host_line *copies; /* the first of those that have this one's, and the next after it */
    struct host_line *next_copy;
    agon_instrument_t *copy_of; /* owned; ours, by the id of the feed's; 0: not traded here */
    void *copies_memory;        /* owned */
    struct evring copies_in, copies_out;
    void *from_venue_memory; /* owned */
    struct evring from_venue_in, from_venue_out;
    struct ring to_venue;       /* of struct order_cmd */
    int64_t looked_ns;          /* [io]; when uptime was counted last, monotonic; 0: never */
    struct host_uptime uptime;  /* host.io_lock */
    struct hist_small delivery; /* [core] */
};

struct host_watched { /* of a venue, as last told: watch.c */
    int64_t down_ns;  /* since when it is away, monotonic; 0: it is not */
    uint64_t n_barred, n_rivals, n_late;
    int64_t late_ns; /* when n_late last grew, monotonic */
    uint32_t n_strangers;
    uint8_t was_ready, is_down_told, is_wait_told, is_key_told, is_late_told;
};
struct host_watch {
    int64_t looked_ns;
    uint64_t told; /* kinds of alerts at this look, a bit each */
    struct host_watched lines[HOST_VENUES_MAX];
    uint64_t unconfirmed[SLOTS_MAX]; /* the order that was told of last */
    struct gateway_status now;       /* of the line that is looked at */
};

#define HOST_ALERTS 256
struct host_alert_out { /* an alert on its way to the sink */
    struct record_alert alert;
    char slot[SLOT_NAME], symbol[32];
    int8_t base_exp;
};
struct host_alerts {         /* alerts.c */
    struct ring in;          /* of struct record_alert, to core */
    struct lock lock;        /* of the writing end of in */
    _Atomic uint64_t n_lost; /* that found no room on their way */
    struct ring out;         /* of struct host_alert_out, from core to the sink */
    uv_loop_t loop;
    uv_async_t wake;
    struct stream_uv *stream; /* owned */
    struct alert_sink sink;   /* not open: no webhook is configured */
    struct jout *text;        /* owned */
    pthread_t thread;
    uint8_t is_open, is_running;
    _Atomic uint32_t is_stopping;
};

enum host_round { ROUND_NONE = 0, ROUND_WANTED = 1, ROUND_BEGUN = 2 };

struct host {
    struct host_config config;
    struct rundir rundir;
    char journal_dir[PATH_MAX], plugin_dir[PATH_MAX];
    struct disk_posix posix;
    const struct disk *disk; /* of the journal: posix's, or the ports' */
    int has_disk, has_buffer, is_running;
    struct journal_buffer buffer;
    struct journal_writer *writer; /* owned */
    struct process_bus bus;
    struct engine *engine; /* owned; [core] once started */
    struct crew *crew;     /* owned; [core] once started */
    struct host_line lines[HOST_VENUES_MAX];
    uint32_t n_lines;
    struct setup_venue venue_names[HOST_VENUES_MAX];

    _Atomic uint64_t n_turns; /* of the core's loop */
    struct beat *beat;        /* owned mapping; NULL: nobody is told that the core turns */
    uint32_t beat_before;     /* its state and host before this one, */
    int32_t pid_before;
    int has_beaten;               /* and whether it is ours by now */
    uint64_t hung[HOST_HUNG_MAX]; /* plugins in which a host hung: first 8 bytes of their hashes */
    uint32_t n_hung;
    uint32_t restored_number;                   /* run/restored.h; 0: it was not */
    struct lock claim_lock;                     /* of claims */
    struct claim claims[2 * HOST_VENUES_MAX];   /* of each venue: the key's, the account's */
    char claim_names[2 * HOST_VENUES_MAX][128]; /* "": none is wanted */

    /* io */
    uv_loop_t loop;
    uv_async_t io_async;
    uv_prepare_t io_prepare;
    _Atomic uint32_t io_wake;        /* counts calls of host_wake_io, where there is no loop */
    struct stream_uv *stream;        /* owned */
    struct gateway_status io_status; /* of all together */
    struct gateway_status io_each[HOST_VENUES_MAX];
    struct gateway_status io_next[HOST_VENUES_MAX]; /* being asked; of the io thread alone */
    _Atomic uint32_t is_refusal_told;
    int64_t io_told_ns;
    int64_t marked_ns[HOST_INSTRUMENTS_MAX + 1]; /* io: a mark price was taken on a full disk */
    struct lock io_lock;                         /* of io_status, io_each and io_times */
    struct {                                     /* the venues' clocks */
        struct gateway_times of[HOST_VENUES_MAX];
        int64_t transport_ns, uncertainty_ns; /* of the one that is known best */
    } io_times;
    _Atomic uint32_t time_round; /* from core: of readings of the venues' clocks */
    struct ring control;         /* of struct record_command_by */
    struct lock control_lock;    /* of the writing end of control */
    uint64_t n_commands;         /* that were ever put into control */
    _Atomic uint64_t n_commands_done;
    struct {
        uint64_t seq;
        int rc;
        uint8_t was_so;                 /* it was as ordered already */
    } command_results[COMMAND_RESULTS]; /* of command n at n % COMMAND_RESULTS */
    _Atomic uint32_t core_wake, is_core_asleep, writer_wake, is_writer_idle, is_holding;
    uint8_t is_held_up;  /* [core] there was work at the last look, and none of it could be done */
    uint8_t is_one_word; /* [core] the kernel does not wait for several words */
    int64_t idle_ns;     /* [core] since when there is nothing to do, monotonic; 0: there is */
    int64_t lull_ns;     /* [core] by so much less it spins, where that brought nothing lately */
    _Atomic uint32_t wants_round; /* enum host_round: the venues' open orders are read anew */
    _Atomic uint32_t is_stopping, is_closing, is_io_stopping, is_writer_stopping,
        is_packer_stopping;
    struct journal_packing packing; /* the packer's */
    struct machine_thread core_thread, io_thread, writer_thread, packer_thread, loader_thread;

    struct lock plans_lock; /* of plans; who writes these is the core */
    struct host_plans plans;

    /* loader */
    struct lock
        loader_lock; /* of job, quarantined and changeovers; who writes these is the loader */
    struct host_changeover changeovers[HOST_CHANGEOVERS_MAX];
    uint32_t n_changeovers;
    struct host_job job;
    struct host_quarantined quarantined[HOST_QUARANTINE_MAX];
    uint32_t n_quarantined;
    _Atomic uint32_t loader_wake, is_loader_busy, is_loader_stopping;
    struct slot_shared restarts, broken; /* from core */
    struct slot_shared stillborn;        /* to core */
    char stillborn_why[SLOTS_MAX][96];
    struct host_quarantined condemned[SLOTS_MAX]; /* of broken */
    struct ring notes;                            /* of struct record_quarantine, to core */
    uint64_t n_notes;                             /* [loader] */
    uint64_t note_seqs[HOST_NOTES];               /* of the last ones, by their number; from core */
    _Atomic uint64_t n_notes_done;
    struct history *history; /* owned; core's until the agents begin, then the loader's */
    struct ring bars;        /* of struct agon_bar, from core to the history */
    struct agon_bar *told;   /* owned; what who began last was given */

    /* core */
    struct clock_guard guard;
    struct time_probe probes[HOST_VENUES_MAX]; /* of the start */
    int is_timed; /* our clock is vouched for: until then time stands still in a journal */
    int64_t judged_ns;
    struct clock_market market; /* with has_market_clock: engine time is this */
    struct along *along;        /* owned; [core]; on paper: what the host does inside bars */
    struct paper *telling;      /* [core]; it is in the middle of a bar; NULL: none is */
    uint8_t
        is_quoted[INSTRUMENTS_MAX + 1]; /* [core]; its market is one of bars, and one has opened */
    agon_ns_t bar_closed[INSTRUMENTS_MAX + 1]; /* [core]; ... and the end of the last; 0: none */
    struct market_guard market_guard;
    uint32_t market_line; /* of the venue whose word it is */
    int64_t market_ns;    /* when its words were looked at last */
    uint64_t seq_of_run;  /* of its first event */
    int has_market_clock, is_speed_told;
    struct {
        struct dispatch *dispatch; /* owned by the core thread; NULL: no agent has a lease */
        struct record_job_done done;
        const void *result; /* borrowed */
        uint8_t is_done;    /* an outcome that the journal has no room for yet */
    } jobs;
    struct heap due;     /* wishes by (t, order) */
    struct wish *wishes; /* owned */
    uint32_t *free;      /* owned */
    uint32_t n_free;
    uint32_t n_due[SLOTS_MAX]; /* of each slot */
    uint32_t halts,
        told_halts;          /* enum host_halt: why nothing new may leave; what the engine knows */
    struct slot_set demoted; /* slots that a tournament unloaded and whose plugin is still there */
    struct slot_set beginning; /* slots that were added and whose plugin the loader begins */
    struct slot_set gone; /* slots whose plugin is gone and that the engine is not told of yet */
    struct host_change *_Atomic change; /* asked for and not yet begun */
    _Atomic uint32_t n_changes_done;
    struct driver driver;
    int64_t step_ns;  /* when the step began that is being done */
    int64_t batch_ns; /* in a batch, when the last of its steps ended that was looked at; 0: outside
                         of one */
    uint8_t is_behind;     /* in a batch: more of it lies behind the record in hand */
    uint8_t is_measured;   /* the step that is being done is */
    uint32_t n_unmeasured; /* steps before it that it stands for too */
    uint64_t fills_seen;   /* of the engine's count */
    uint64_t ended_seen;   /* of the orders that were settled */
    struct {
        int64_t won_amt;  /* less lost; base currency */
        uint64_t n;       /* fills that closed something */
    } results[SLOTS_MAX]; /* when the view was last filled, or at the last fill */
    uint64_t order, next_snapshot, advanced_seq;
    int64_t polled_ns, observed_ns, started_ns;
    struct host_watch watch;
    struct meters meters[SLOTS_MAX]; /* meter.c */
    uint64_t errors_seen[SLOTS_MAX]; /* of who plays, by its own count */
    uint64_t cpu_seen_ms[SLOTS_MAX]; /* of who plays, by the kernel's */
    agon_ns_t meters_t;              /* engine time when they were last judged */
    int64_t meters_mono_ns;          /* and when that was by the machine's clock */
    int has_joined;
    uint64_t n_bars_lost;
    uint64_t freed_seq[SLOTS_MAX]; /* of the event by which the place was freed last */
    char failures[SLOTS_MAX][160];
    char last_failures[SLOTS_MAX][160]; // who has begun again had one too
    agon_ns_t last_failures_t[SLOTS_MAX];
    struct record_crash crashes[SLOTS_MAX];
    uint8_t is_crash[SLOTS_MAX], is_crash_told[SLOTS_MAX]; /* of gone: by a crash */
    struct slot_set leaving; /* slots that have gone for good, whose place is not free yet */
    struct slot_set absent;  /* places below n_slots without an agent of the roster */
    struct slot_set refused; /* slots whose binary is quarantined: nobody was loaded */
    struct slot_set unfit;   /* ... whose plugin failed its checks, or could not begin */
    union {
        struct agon_event_hdr hdr;
        struct record_sent sent;
        unsigned char bytes[EVENT_BYTES_MAX];
    } event;

    /* snapshot on its way to the writer */
    unsigned char *snap; /* owned */
    uint64_t snap_room, snap_n, snap_seq;
    uint32_t is_state_told;             /* that it has outgrown its room */
    uint64_t snap_seqs[SNAPSHOTS_KEPT]; /* of this run; the writer's */
    uint32_t n_snaps;
    _Atomic uint32_t is_snap_full;

    struct host_alerts alerts;
    struct host_cards cards;
    uint8_t is_rebuilding; /* what is raised was raised before */

    struct host_view *view, *draft; /* owned */
    struct past *past;              /* owned; until it is taken */
    struct lock view_lock;
    unsigned char last_hash[HASH_SIZE];
    uint64_t last_seq;
};

/* core.c */
/* Of tables for as many as there can be, names what there is nothing of: before memory is placed.
 */
void host_spare_memory(struct host *host);
void *host_core_main(void *ctx);
/* What went wrong without the slot that it says first, for who knows of which it is. [any] */
const char *host_without_slot(const char *text);
void host_drive(struct host *host); /* the engine is as the journal left it, and booted */
int host_step(struct host *host, struct agon_event_hdr *event); /* AGON_EAGAIN: offer it again */
agon_ns_t host_now(struct host *host);                          /* market time */
int host_is_line_waiting(const struct host_line *line);         /* ... for the core */
/* rest.c */
/* Does a core that has had nothing to do for idle_ns go on spinning, where it spins by lull_ns less
 * than it might? */
int host_core_spins(enum host_core core, int64_t idle_ns, int64_t lull_ns);
/* Does io spin too, on a machine of so many processors? */
int host_io_spins(enum host_core core, uint32_t n_cores);
/* By how much less it is to spin from now on, in ns: work came after a pause of idle_ns. */
int64_t host_core_lull(int64_t lull_ns, int64_t idle_ns);
/* After a turn that began at mono and did n things: the core spins on or sleeps. [core] */
void host_rest(struct host *host, int n, int64_t mono);
/* on_paper.c: the exchange that stands in for a venue. [core] */
/* Is host->event the end of a bar? Then the exchange of the line sees it, and all that it tells
 * before it is told. AGON_EAGAIN: not all of it yet. */
int host_close_on_paper(struct host *host, struct host_line *line);
void host_show_paper(struct host *host, struct host_line *line); /* it has been stepped */
int host_drain_paper(struct host *host); /* what is to be told by now. Returns how much */
/* Goes on where the journal had no room for a step inside a bar. AGON_EAGAIN: it still has none,
 * and nothing else may be stepped before. */
int host_tell_on(struct host *host);
/* Engine time of a receive time. [core] */
agon_ns_t host_market_time(struct host *host, agon_ns_t received);
/* drain.c: how many records of the venues were taken. [core] */
int host_drain_venue(struct host *host);
/* The plugin of a slot is gone, and why; the engine is told by host_tell. */
void host_fail_slot(struct host *host, uint16_t slot, const char *why);
/* ... by its own end, or because it is broken: what it left is kept, and it may begin anew. */
void host_lose_slot(struct host *host, uint16_t slot, const char *why);
/* boot.c */
int host_rebuild(struct host *host, const struct journal_summary *summary, struct error *err);
/* In the place of the one before, empty. */
int host_new_engine(struct host *host, struct error *err);

/* show.c: into the draft: the halts in force. */
void host_show_halts(struct host *host);
/* Names of a slot's reasons, from that event on. */
void host_show_tags(struct host *host, const struct record_begin *begin);
/* past.c: around each event out of the journal, for who looks. */
void host_past_begin(struct host *host);
void host_past_before(struct host *host, const struct agon_event_hdr *event);
void host_past_after(struct host *host, const struct agon_event_hdr *event, int rc);
void host_past_end(struct host *host);
/* newest.c. True: the event is a fill that is new. */
int host_keep_fill(struct host *host, const struct agon_event_hdr *event);
void host_keep_ended(struct host *host, const struct agon_event_hdr *event, int is_fill);
void host_keep_asked(struct host *host, const struct agon_event_hdr *event);
int host_quote_exp(const struct host *host, agon_instrument_t id);
int host_seat_agents(struct host *host, struct error *err);
int host_load_agents(struct host *host, struct error *err);
/* The length of the bars that are all that its venue has of an instrument; 0: there is a market. */
uint32_t host_bars_of(const struct host *host, agon_instrument_t id);
int host_boot(struct host *host, uint32_t last_run, struct error *err);
/* copies.c: accounts that share a feed. [core], but for the first [control] */
int host_copies_open(struct host *host, uint32_t at, struct error *err);
void host_copies_close(struct host_line *line);
/* Is there room with all who share the line's feed? */
int host_copies_fit(const struct host_line *line, const struct agon_event_hdr *event);
void host_copy(struct host *host, const struct host_line *line, const struct agon_event_hdr *event);
/* Market data of a line that has them from another: its own gateway's word on them counts not. */
int host_copies_instead(const struct host_line *line, const struct agon_event_hdr *event);
/* jobs.c: agents' jobs and who runs them */
/* The leases of a slot, where the engine knows others. step as boot_step. */
int host_lease_records(struct host *host, const struct crew_slot *slot,
                       int (*step)(struct host *host, struct agon_event_hdr *event));
/* Once an agent has a lease; its jobs go to the workers of the cards. [core] */
void host_jobs_begin(struct host *host);
void host_jobs_end(struct host *host);
int host_drain_jobs(struct host *host); /* outcomes that are there. Returns how many. [core] */
void host_jobs_decided(struct host *host, const struct gpu_decision *decision); /* [core] */
int host_jobs_have_news(struct host *host);                                     /* [core] */
/* Engine time at which an outcome that is there may be taken; INT64_MAX: none waits. [core] */
agon_ns_t host_jobs_due(const struct host *host);
/* Jobs of the run before, which nobody runs any more. */
int host_lose_jobs(struct host *host, int (*step)(struct host *host, struct agon_event_hdr *event));
/* show.c */
void host_show(struct host *host);
/* Fills of the slot from now on are counted from here. [core] */
void host_note_result(struct host *host, uint16_t slot);
void host_copy_view(struct host_view *to, const struct host_view *from); /* [any] */
/* meter.c: an event has been stepped; what has been counted is judged, about every millisecond */
void host_meter(struct host *host, const struct agon_event_hdr *event);
void host_judge_meters(struct host *host);
/* alerts.c: the sink's thread, and the way of an alert from any thread to it through the core */
int host_alerts_open(struct host *host, struct error *err);
int host_alerts_start(struct host *host, struct error *err);
void host_alerts_stop(struct host *host); /* after the core's last step: what waits is dealt with */
void host_alerts_close(struct host *host);
/* To the log, with the fields that such an alert has. agent NULL: it is about none. [any] */
void host_say_alert(const struct record_alert *alert, const char *agent);
/* Something that an operator has to know of: goes to the log at once, then to the journal and the
 * sink. Units: ALERTS in market/alerts.h. Never blocks. [any] */
void host_alert(struct host *host, uint16_t kind, uint16_t slot, agon_instrument_t instrument,
                int64_t value, int64_t limit, const char *format, ...)
    __attribute__((format(printf, 7, 8)));
void host_on_alert(void *ctx, const struct record_alert *alert); /* the engine raised it */
/* One that is an event now goes to the sink. [core] */
void host_send_alert(void *ctx, const struct record_alert *alert);
/* Offers the alerts of other threads to the engine. Returns how many. [core] */
int host_drain_alerts(struct host *host);
void host_show_alerts(struct host *host, struct host_view_alerts *view); /* [core] */
/* Is there an agent of the roster in that place? [core, loader; any before host_start] */
static inline int host_has_agent(const struct host *host, uint32_t slot)
{
    return slot < host->config.n_slots && !slot_set_has(&host->absent, slot);
}
/* cards.c */
int host_cards_open(struct host *host, struct error *err);
void host_cards_close(struct host *host);
int host_boot_cards(struct host *host, struct error *err);
/* What workers saw, and leases of slots that begin or have ended. Returns how many events. [core]
 */
int host_drain_cards(struct host *host);
int host_drain_card_events(struct host *host); /* the first of it alone */
void host_on_card(void *ctx, const struct record_gpu *event, const struct gpu_decision *decision);
void host_show_cards(struct host *host); /* [core] */
/* card_watch.c */
int host_cards_start(struct host *host, struct error *err);
void host_cards_stop(struct host *host); /* its workers have ended then */

/* time.c */
/* Asks the venues what time it is, before anything is written. AGON_ETIME: the journal is ahead of
 * it. [control, before the threads] */
int host_learn_time(struct host *host, struct error *err);
/* What config.is_rewound orders: an event that sets engine time back to now. [control, at boot] */
int host_rewind_time(struct host *host, struct error *err);
/* Once every few milliseconds. [core] */
void host_keep_time(struct host *host, int64_t mono);
/* watch.c: alerts of what a look once a second finds. [core] */
void host_watch(struct host *host, int64_t mono);
/* change.c */
/* Frees the places of slots that have gone, where nothing of theirs is left. */
void host_vacate(struct host *host);
void host_drain_change(struct host *host);
int host_await_change(struct host *host, struct host_change *change, int64_t wait_ns);
/* Tells the engine what has become of halts and of slots whose plugin is gone. */
void host_tell(struct host *host);

/* loader.c */
void *host_loader_main(void *ctx);
void host_wake_loader(struct host *host);
/* Of the run that begins; last_run: of what is to be gone on behind. */
uint32_t host_next_run(const struct host *host, uint32_t last_run);
int host_quarantine_open(struct host *host, struct error *err);
int host_is_refused(void *ctx, const unsigned char hash[HASH_SIZE], struct error *err);
int host_crew_step(void *ctx, struct agon_event_hdr *event);
int host_tell_crash(struct host *host, uint16_t slot);
void host_take_revived(struct host *host);
void host_take_stillborn(struct host *host);
int host_drain_notes(struct host *host);
/* kept.c: what plugins began with, for whoever runs them once more. */
void host_keep(void *ctx, enum crew_kept kind, const unsigned char hash[HASH_SIZE], int fd,
               const void *bytes, uint64_t n);
int host_step_notes(struct host *host);                  /* AGON_EAGAIN: some are left. [core] */
void host_end_notes(struct host *host);                  /* the last of them. [core] */
void host_on_bar(void *ctx, const struct agon_bar *bar); /* [core] */
/* Bars of events up to seq, until the next call. [loader; core, before the agents begin] */
void host_tell_history(void *ctx, uint64_t seq, struct crew_history *history);
/* Has the loader begin another agent, and waits for that. [any but core] */
int host_add(struct host *host, struct host_change *change);

/* writer.c */
void *host_writer_main(void *ctx);
void host_wake_writer(struct host *host); /* [any] */
void *host_packer_main(void *ctx);        /* compresses segments that nobody writes any more */
void host_stop_packer(struct host *host);

/* keeper.c: the sign of life for the keeper, and what it did in an earlier host's place */
int host_beat_open(struct host *host, struct error *err);
void host_beat_ids(struct host *host);
void host_beat(struct host *host, uint32_t state, int64_t mono_ns);
void host_beat_close(struct host *host);
struct called host_called(struct host *host); /* words of the beat; NULL: there is none */
int host_take_keeper_log(struct host *host, struct error *err);
/* True once: then it is to be quarantined. */
int host_has_hung(struct host *host, const unsigned char hash[HASH_SIZE]);

/* account.c: that no other host trades the same account */
int host_claim_keys(struct host *host, struct error *err);
int host_claim_account(void *ctx, uint16_t venue, const char *account, struct error *err);
/* Gives the core `cancel` and waits, wait_ns at most, until no order is open, here or at the
 * venues. A signal on signal_fd (-1: none) shortens it. [any but core and io] */
void host_clear_orders(struct host *host, struct record_command_by *cancel, int64_t wait_ns,
                       int signal_fd);
void host_claims_init(struct host *host);
void host_claims_close(struct host *host);

/* io.c: what the ports and the loop call */
void *host_io_main(void *ctx);
int64_t host_transport_apart(const struct host *host); /* of the ports, less clock_mono() */
void host_wake_core(struct host *host);
void host_wake_io(struct host *host);
void host_on_io_wake(uv_async_t *handle);
void host_on_io_prepare(uv_prepare_t *handle);
void host_on_gateway_log(void *ctx, int level, const char *venue, const char *key,
                         const char *text);
uint64_t host_durable_seq(void *ctx);
int host_takes(void *ctx, const struct agon_event_hdr *record);
int host_send(void *ctx, const struct order_cmd *cmd);

#endif
