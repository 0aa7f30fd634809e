// SPDX-License-Identifier: MIT
/* agon.gpu/1: jobs on a card, or on the processor where there is none. A job is a list of calls of
 * the host's kernels over memory of its own; it is handed over, the callback returns, and what
 * became of it comes as a JOB event, never before submit + delay. Nobody polls. Which device it ran
 * on does not matter: float kernels give the same bits on each. Frozen per revision: a new need is
 * agon.gpu/2, and /1 stays served.
 *
 * In a backtest the engine waits at submit + delay of its own time until the job is done, so that
 * the event comes exactly then. Live it comes when it comes. A replay runs no job: the outcome is
 * in the journal. */
#ifndef AGON_EXT_GPU_H
#define AGON_EXT_GPU_H

#include "agon/plugin.h"

#define AGON_EXT_GPU        "agon.gpu/1"
#define AGON_GPU_LEASES_MAX 8          /* of a slot */
#define AGON_GPU_JOBS_MAX   8          /* of a slot, submitted and without their outcome */
#define AGON_GPU_CALLS_MAX  1024       /* of a job */
#define AGON_GPU_SUBMIT_MAX (1u << 20) /* bytes of calls and input together */
#define AGON_GPU_RESULT_MAX (1u << 20)
#define AGON_GPU_DELAY_MAX  ((agon_ns_t)60 * 1000 * 1000 * 1000)

/* An address in a job: of its own memory, which is 0 at the beginning but for its input, or of what
 * its lease keeps resident, which is read only. 0 where a kernel takes nothing there. */
#define AGON_GPU_AT(offset)       (((uint64_t)1 << 12) + (offset))
#define AGON_GPU_RESIDENT(offset) (((uint64_t)1 << 44) + (offset))

/* The kernels; what each computes, in which order and to which bit: docs/gpu.md. */
enum agon_gpu_kernel {
    AGON_GPU_MAP = 0,        /* agon_gpu_map */
    AGON_GPU_ROLLING = 3,    /* agon_gpu_rolling */
    AGON_GPU_LSTM_GATES = 4, /* agon_gpu_lstm_gates */
    AGON_GPU_REDUCE = 8,     /* agon_gpu_reduce */
    AGON_GPU_COLUMN_SUM = 9, /* agon_gpu_column_sum */
    AGON_GPU_NORM = 10,      /* agon_gpu_norm */
    AGON_GPU_SOFTMAX = 13,   /* agon_gpu_softmax */
    AGON_GPU_GEMM = 15,      /* agon_gpu_gemm */
    AGON_GPU_SCENARIOS = 19, /* agon_gpu_scenarios */
    AGON_GPU_SWEEPS = 20,    /* agon_gpu_sweeps */
    AGON_GPU_OWN = 64        /* agon_gpu_own: of the agent's own, under a lease with `kernels` */
};
/* y[i] of a[i], b[i], c[i]. */
enum agon_gpu_map_op {
    AGON_GPU_ADD = 0,
    AGON_GPU_SUB = 1,
    AGON_GPU_MUL = 2,
    AGON_GPU_FMA = 3,   /* a * b + c */
    AGON_GPU_SCALE = 4, /* scale * a */
    AGON_GPU_EXP = 5,
    AGON_GPU_TANH = 6,
    AGON_GPU_SIGMOID = 7,
    AGON_GPU_RELU = 8,
    AGON_GPU_GELU = 9
};
struct agon_gpu_map {
    uint64_t a, b, c, y; /* addresses of floats, here and below; y may be any of the others */
    uint32_t n, op;
    float scale;
    uint32_t pad;
};
/* y[row][t] of the last `window` values of a[row]; NaN where there are fewer. */
enum agon_gpu_rolling_op {
    AGON_GPU_ROLLING_MEAN = 0,
    AGON_GPU_ROLLING_STD = 1,
    AGON_GPU_ROLLING_MIN = 2,
    AGON_GPU_ROLLING_MAX = 3
};
struct agon_gpu_rolling {
    uint64_t a, y; /* [rows][n] */
    uint32_t rows, n, window, op;
};
/* One step of an LSTM: gates [rows][4 * hidden], c_prev, c, tanh_c, h [rows][hidden]. */
struct agon_gpu_lstm_gates {
    uint64_t gates, c_prev, c, tanh_c, h;
    uint32_t rows, hidden;
};
enum agon_gpu_reduce_op { AGON_GPU_SUM = 0, AGON_GPU_DOT = 1, AGON_GPU_MAX = 2 };
struct agon_gpu_reduce {
    uint64_t a, b, y; /* y[row] of a[row] (and b[row] of DOT) */
    uint32_t rows, n, op, pad;
};
struct agon_gpu_column_sum {
    uint64_t a, y; /* y[j] of a[0][j], a[1][j], ...; with add: added to what is there */
    uint32_t rows, n, add, pad;
};
struct agon_gpu_norm {
    uint64_t a, gain, bias, y, mean, rstd; /* mean, rstd: [rows] */
    uint32_t rows, n;
    float eps;
    uint32_t pad;
};
struct agon_gpu_softmax {
    uint64_t a, y;
    uint32_t rows, n;
};
/* c[m][n] = start + a[m][k] b[k][n]. */
enum agon_gpu_gemm_start { AGON_GPU_ZERO = 0, AGON_GPU_PLUS = 1, AGON_GPU_BIAS = 2 };
struct agon_gpu_gemm {
    uint64_t a, b, bias, c;
    uint32_t m, n, k, lda, ldb, ldc; /* lda, ...: lengths of stored rows */
    uint32_t a_turned, b_turned, start;
    uint32_t batch, a_step, b_step, c_step; /* batch 0 counts as 1 */
    uint32_t pad;
};
/* What m positions of `value` would earn in n paths of their prices: each log price moves in a step
 * by drift[j] + the sum over k <= j of factor[j][k] z[k], z normal. y[0][i]: the profit at the end
 * of path i; y[1][i]: the lowest on the way, 0 at most; y[2][i]: the deepest fall from its highest.
 * What one vector of given moves does to the positions, a history's or a crash's, is AGON_GPU_GEMM:
 * moves [n][m] times value [m][1]. agon/tail.h makes of either what is at risk. */
#define AGON_GPU_POSITIONS_MAX 32
#define AGON_GPU_STEPS_MAX     65536
struct agon_gpu_scenarios {
    uint64_t value, drift; /* [m] */
    uint64_t factor;       /* [m][m]: the lower triangle of Cholesky's of a step's covariance */
    uint64_t y;            /* [3][n] */
    uint64_t seed, stream; /* the same draws for the same two */
    uint32_t n, m, steps, pad;
};
/* One rule with n sets of its parameters over the same steps: long while
 * a[pairs[i][0]][t] - a[pairs[i][1]][t] rose above enter[i] behind a time below leave[i], until it
 * is below leave[i]; done at fill[t + 1], with all it has. y[0][i]: what it made, net of fees, as a
 * share; y[1][i]: its deepest fall, as a share; y[2][i]: how often it traded. */
struct agon_gpu_sweeps {
    uint64_t a;            /* [rows][steps]: averages, prices, what others kernels made */
    uint64_t price, fill;  /* [steps] */
    uint64_t pairs;        /* [n][2] of uint32_t: rows of a */
    uint64_t enter, leave; /* [n] */
    uint64_t y;            /* [3][n] */
    uint32_t n, steps, rows;
    float fee; /* of what is traded; 0.001: 10 basis points */
};
/* A kernel of the agent's own, of the source that the roster names for the lease: a function that
 * is extern "C" __global__ and takes one struct of at most 64 bytes. It runs on a card alone. A
 * fault ends its job with AGON_EIO, a chunk that takes too long with AGON_ETIME; what is wrong with
 * the source, name or grid is AGON_EINVAL or AGON_ERANGE, a host without a compiler AGON_ENOTSUP;
 * AGON_EAGAIN: its worker begins, or begins again, and it is handed over again a little later. Such
 * a lease runs no other kernels and has nothing resident. */
#define AGON_GPU_OWN_NAME 32
#define AGON_GPU_OWN_ARGS 64
struct agon_gpu_own {
    char name[AGON_GPU_OWN_NAME];     /* ends with a 0 */
    uint32_t blocks, threads, shared; /* of a grid of one dimension; bytes of shared memory */
    uint32_t addresses;               /* bit k: the 8 bytes at args + 8 k are AGON_GPU_AT(...), or 0
                                         for none; all else is handed over as it is */
    uint8_t args[AGON_GPU_OWN_ARGS];
};
struct agon_gpu_call {
    uint32_t kernel, pad;
    uint8_t args[112]; /* the struct of the kernel, at the front; the rest 0 */
};
/* agon_gpu_job.flags */
enum {
    AGON_GPU_OUTLIVES = 1 /* at a reload its outcome goes to the new generation; without, it is
                             cancelled there and JOB says AGON_ESTATE */
};
struct agon_gpu_job {
    uint32_t n_calls, flags;
    uint64_t memory;              /* bytes that the job works in; its lease's at most */
    uint64_t input_at, n_input;   /* offset in that memory, and bytes, of its input */
    uint64_t result_at, n_result; /* ... and of its result */
    agon_ns_t delay;              /* JOB comes at submit + delay at the soonest; 0: the roster's */
    uint32_t chunk_calls;         /* another job may go first behind so many calls; 0: 64 */
    uint32_t pad;
};
AGON_SIZE_IS(agon_gpu_map, 48);
AGON_SIZE_IS(agon_gpu_rolling, 32);
AGON_SIZE_IS(agon_gpu_lstm_gates, 48);
AGON_SIZE_IS(agon_gpu_reduce, 40);
AGON_SIZE_IS(agon_gpu_column_sum, 32);
AGON_SIZE_IS(agon_gpu_norm, 64);
AGON_SIZE_IS(agon_gpu_softmax, 24);
AGON_SIZE_IS(agon_gpu_gemm, 88);
AGON_SIZE_IS(agon_gpu_scenarios, 64);
AGON_SIZE_IS(agon_gpu_sweeps, 72);
AGON_SIZE_IS(agon_gpu_own, 112);
AGON_SIZE_IS(agon_gpu_call, 120);
AGON_SIZE_IS(agon_gpu_job, 64);

struct agon_host_gpu {
    /* Asks for the lease that the roster names so; JOB says GRANTED when it is held, or ENDED where
     * it never will be: AGON_ERANGE, AGON_ENOTSUP, AGON_EINVAL: its card or budget cannot;
     * AGON_ENOSPC: as many as there may be; AGON_ETIME: its deadline is over. AGON_ENOENT:
     * the roster names none (also in a rehearsal: be ready to do without); AGON_EBUSY: it is asked
     * for, or held; AGON_EAGAIN: the ring is full. [agent; on_start and on_event] */
    int (*acquire)(const struct agon_host *host, const char *name, uint32_t *lease);
    /* Gives it back: its jobs are cancelled, and each has its JOB; what it had of its card is free
     * for others, and acquired again it is asked for again. AGON_ENOENT: it is not asked
     * for: it never was, was given back, or has ended. AGON_EAGAIN. [agent; on_start and on_event]
     */
    int (*release)(const struct agon_host *host, uint32_t lease);
    /* Hands a job over. Calls and input are copied now. Returns AGON_OK and its number in *id: one
     * JOB follows, whatever becomes of it, with a status below 0 where a call cannot be what it
     * says. AGON_ENOENT: the lease is not asked for; AGON_ESTATE: it is not granted yet, or was
     * put out; AGON_ERANGE: more than the lease's bytes, or one of the limits above; AGON_ENOSPC:
     * AGON_GPU_JOBS_MAX are without their outcome; AGON_EINVAL; AGON_EAGAIN: the ring is full.
     * [agent; on_event] */
    int (*submit)(const struct agon_host *host, uint32_t lease, const struct agon_gpu_job *job,
                  const struct agon_gpu_call *calls, const void *input, uint64_t *id);
    /* It may be done before the word gets there; JOB says which. AGON_ENOENT: no such job is
     * without its outcome; AGON_EAGAIN. [agent; on_event] */
    int (*cancel)(const struct agon_host *host, uint64_t id);
    /* The result of the job whose JOB was delivered last for its lease, of any length: read only,
     * until the next JOB DONE of that lease is delivered. AGON_ENOENT: it is another's, or gone.
     * [agent; on_event] */
    int (*map)(const struct agon_host *host, uint64_t id, const void **bytes, uint64_t *n);
};

#endif
