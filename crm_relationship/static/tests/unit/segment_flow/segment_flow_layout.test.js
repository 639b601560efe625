import {GAP, HEIGHT, layOut} from "@crm_relationship/segment_flow/segment_flow_layout";
import {describe, expect, test} from "@odoo/hoot";

describe.current.tags("headless");

const FLOW = {
    columns: ["Jan", "Feb", "Mar"],
    segments: [
        {id: 1, name: "Gold"},
        {id: 2, name: "Silver"},
        {id: -1, name: "New"},
    ],
    flows: [
        {step: 0, from: 1, to: 1, count: 30},
        {step: 0, from: 1, to: 2, count: 10},
        {step: 0, from: -1, to: 2, count: 10},
        {step: 1, from: 1, to: 1, count: 30},
        {step: 1, from: 2, to: 1, count: 20},
    ],
};

test("a segment is as high as it has customers", () => {
    const {bars} = layOut(FLOW, 500);
    const find = (key) => bars.find((bar) => bar.key === key);
    expect(find("0_1").count).toBe(40);
    expect(find("1_2").count).toBe(20);
    expect(find("2_1").count).toBe(50);
    expect(find("0_1").height).toBe(2 * find("1_2").height);
    expect(find("2_2")).toBe(undefined);
});

test("nothing leaves the picture, and segments do not overlap", () => {
    const {bars, height} = layOut(FLOW, 500);
    for (const bar of bars) {
        expect(bar.y + bar.height).toBeLessThan(height + 1);
        expect(bar.x).toBeWithin(0, 500);
    }
    const first = bars.filter((bar) => bar.key.startsWith("0_"));
    expect(first[1].y - first[0].y - first[0].height).toBeWithin(GAP - 0.1, GAP + 0.1);
    expect(HEIGHT).toBeGreaterThan(0);
});

test("a band for each flow", () => {
    const {bands} = layOut(FLOW, 500);
    expect(bands.map((band) => band.key)).toEqual([
        "0_1_1",
        "0_1_2",
        "0_-1_2",
        "1_1_1",
        "1_2_1",
    ]);
    expect(bands.every((band) => !band.path.includes("NaN"))).toBe(true);
});

test("nothing to draw", () => {
    expect(layOut({columns: [], segments: [], flows: []}, 500).bars).toEqual([]);
});
