/**
 * What a user taps is counted, and must not become more.
 *
 * `./dev test tour` prints the lines that begin with "Taps: " (devtool/odoo_plugin.py).
 */
let taps = 0;
let all = 0;

export const startCounting = () => {
    taps = 0;
    all = 0;
};

export const tap = (content, trigger) => ({
    content,
    trigger,
    run: async ({click}) => {
        taps++;
        all++;
        await click();
    },
});

const tell = (what, count, limit) => {
    console.log(`Taps: ${what}: ${count} (at most ${limit})`);
    if (count > limit) {
        throw new Error(`${what} takes ${count} taps, and may take ${limit}`);
    }
};

/** The taps since the last such step. */
export const atMost = (limit, what, trigger = "body") => ({
    content: `${what}: at most ${limit} taps`,
    trigger,
    run: () => {
        tell(what, taps, limit);
        taps = 0;
    },
});

/** All taps of the tour. */
export const atMostInAll = (limit, what) => ({
    content: `${what}: at most ${limit} taps`,
    trigger: "body",
    run: () => tell(what, all, limit),
});
