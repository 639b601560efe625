/** Height of the picture, of the gap between two segments, and width of a segment. */
export const HEIGHT = 360;
export const GAP = 10;
export const BAR = 14;
const TOP = 24;

/**
 * Say where segments and the flows between them are drawn.
 *
 * A segment is as high as it has customers at the end of a month; a flow as thick as the
 * customers who went that way. What comes in and what goes out of a segment may differ
 * by those who are new, or gone.
 *
 * @param {Object} flow as the server tells it: columns, segments, flows
 * @param {Number} width of the picture
 * @returns {{bars: Object[], bands: Object[], height: Number}}
 */
export function layOut({columns, segments, flows}, width) {
    const sums = columns.map(() => new Map());
    const add = (column, id, side, count) => {
        const sum = sums[column].get(id) || {in: 0, out: 0};
        sum[side] += count;
        sums[column].set(id, sum);
    };
    for (const {step, from, to, count} of flows) {
        add(step, from, "out", count);
        add(step + 1, to, "in", count);
    }
    const high = (sum) => Math.max(sum.in, sum.out);
    const most = Math.max(
        1,
        ...sums.map((column) =>
            [...column.values()].reduce((total, sum) => total + high(sum), 0)
        )
    );
    const room = HEIGHT - GAP * Math.max(segments.length - 1, 0);
    const scale = room / most;
    const places = sums.map(() => new Map());
    const bars = [];
    sums.forEach((column, index) => {
        let y = TOP;
        const x =
            columns.length > 1 ? (index * (width - BAR)) / (columns.length - 1) : 0;
        for (const {id, name} of segments) {
            const sum = column.get(id);
            if (!sum) {
                continue;
            }
            const height = Math.max(high(sum) * scale, 1);
            places[index].set(id, {x, in: y, out: y});
            bars.push({
                key: `${index}_${id}`,
                id,
                name,
                x,
                y,
                height,
                count: high(sum),
            });
            y += height + GAP;
        }
    });
    const rank = new Map(segments.map(({id}, place) => [id, place]));
    const ordered = [...flows].sort(
        (a, b) =>
            a.step - b.step ||
            rank.get(a.from) - rank.get(b.from) ||
            rank.get(a.to) - rank.get(b.to)
    );
    const bands = ordered.map((flow) => {
        const start = places[flow.step].get(flow.from);
        const end = places[flow.step + 1].get(flow.to);
        const thick = flow.count * scale;
        const band = {
            ...flow,
            key: `${flow.step}_${flow.from}_${flow.to}`,
            path: drawBand(start.x + BAR, start.out, end.x, end.in, thick),
        };
        start.out += thick;
        end.in += thick;
        return band;
    });
    return {bars, bands, height: HEIGHT + TOP};
}

/** A band of even thickness from one place to another, level at both ends. */
function drawBand(x1, y1, x2, y2, thick) {
    const middle = (x1 + x2) / 2;
    return [
        `M${x1},${y1}`,
        `C${middle},${y1} ${middle},${y2} ${x2},${y2}`,
        `L${x2},${y2 + thick}`,
        `C${middle},${y2 + thick} ${middle},${y1 + thick} ${x1},${y1 + thick}`,
        "Z",
    ].join(" ");
}
