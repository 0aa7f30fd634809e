// SPDX-License-Identifier: Apache-2.0
// common: what the clients of this folder share: assertions, streams that miss nothing, the run of a table of steps.
import assert from 'node:assert/strict';

const LIMIT_MS = 100000;
// Nothing is judged by time: neither answers nor handshakes, which the client gives 10 s each.
export const unhurried = {timeout: LIMIT_MS, streaming: {connectionTimeout: LIMIT_MS}};

export function near(a, b, what) {
    assert(Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b)), `${what}: ${a} is not ${b}`);
}

// Is it refused, and as what its users catch?
export async function refused(classes, call, what) {
    let error;

    try {
        await call();
    } catch (thrown) {
        error = thrown;
    }
    assert(error, `${what}: was not refused`);
    assert(classes.some((c) => error instanceof c),
        `${what}: ${error.constructor.name} (${error.message}), not ${classes.map((c) => c.name)}`);
}

// A stream read from now on, so that nothing that a step causes is missed.
export function follow(read) {
    const seen = [], waiting = [];
    let broken;

    (async () => {
        for (;;) {
            const items = await read();

            seen.push(...(Array.isArray(items) ? items : [items]));
            for (const wake of waiting.splice(0))
                wake();
        }
    })().catch((error) => {
        broken = error;
        for (const wake of waiting.splice(0))
            wake();
    });
    return {
        seen,
        async until(wanted) {
            for (;;) {
                const found = seen.find(wanted);

                if (found)
                    return found;
                if (broken)
                    throw broken;
                await new Promise((wake) => waiting.push(wake));
            }
        },
    };
}

// Each step prints a line; the first that fails ends the run with its reason. only: the market that a step is of.
export async function run(steps, kind, name) {
    let n = 0;

    for (const [title, step, only] of steps) {
        let timer;

        if (only && only !== kind)
            continue;
        try {
            await Promise.race([step(), new Promise((_, reject) => {
                timer = setTimeout(() => reject(new Error('never came')), LIMIT_MS);
            })]);
        } catch (error) {
            console.log(`FAILED ${title}: ${error.stack}`);
            return 1;
        } finally {
            clearTimeout(timer);
        }
        console.log(`ok ${title}`);
        n++;
    }
    console.log(`${name}: ${n} steps passed`);
    return 0;
}

process.on('unhandledRejection', () => {}); // a stream that ends with the connection has been told to its reader
