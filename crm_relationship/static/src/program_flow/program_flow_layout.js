/**
 * Which boxes of a program stand below one another, and which side by side.
 *
 * Steps that ask what came of the same earlier step, one after the other, are the lanes
 * of a fork: each customer gets those of one lane. What asks about a step in a lane
 * stays in that lane.
 */

/** Whether a step decides about one of these, however deep it stands in a lane. */
function decides(rows, key) {
    return rows.some((row) =>
        row.type === "fork"
            ? row.lanes.some((lane) => decides(lane.rows, key))
            : row.step.key === key
    );
}

function findLane(fork, step) {
    const {asks, negated, condition} = step;
    if (asks === fork.asks) {
        return (
            fork.lanes.find((lane) => lane.condition === condition) ||
            addLane(fork, {condition, negated})
        );
    }
    return fork.lanes.find((lane) => decides(lane.rows, asks));
}

function addLane(fork, {condition, negated}) {
    const lane = {condition, negated, rows: []};
    fork.lanes.push(lane);
    return lane;
}

function place(rows, step, within) {
    const last = rows.at(-1);
    const lane = step.asks && last?.type === "fork" && findLane(last, step);
    if (lane) {
        place(lane.rows, step, [...within, last.asks]);
    } else if (step.asks && !within.includes(step.asks)) {
        const fork = {type: "fork", asks: step.asks, asked: step.asked, lanes: []};
        rows.push(fork);
        place(addLane(fork, step).rows, step, [...within, step.asks]);
    } else {
        rows.push({type: "step", step});
    }
}

/**
 * @param {Object[]} steps boxes in the order in which they are made
 * @returns {Object[]} rows: `{type: "step", step}` or
 *  `{type: "fork", asks, asked, lanes: [{condition, negated, rows}]}`
 */
export function layOut(steps) {
    const rows = [];
    for (const step of steps) {
        place(rows, step, []);
    }
    return rows;
}
