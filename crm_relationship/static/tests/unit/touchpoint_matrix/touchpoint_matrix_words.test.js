import {beforeEach, describe, expect, test} from "@odoo/hoot";
import {
    allowTranslations,
    patchWithCleanup,
    serverState,
} from "@web/../tests/web_test_helpers";
import {localization} from "@web/core/l10n/localization";
import {
    describeSharing,
    describeStaff,
    explainColumn,
    explainLines,
    explainRow,
    MEASURES,
} from "@crm_relationship/touchpoint_matrix/touchpoint_matrix_words";
import {
    makeCell,
    makeColumn,
    makeFigures,
    makeMatrix,
    makeRow,
} from "./touchpoint_matrix_test_helpers";

describe.current.tags("headless");

beforeEach(() => {
    allowTranslations();
    patchWithCleanup(localization, {
        decimalPoint: ".",
        thousandsSep: ",",
        grouping: [3, 0],
    });
    serverState.currencies = [{id: 1, position: "before", symbol: "$"}];
});

const figures = makeFigures({
    contacts: 12,
    planned: 120,
    cost: 660,
    hours: 20,
    done: 90,
    done_each: 9,
    spent: 495.4,
    hours_spent: 15,
    behind: true,
});

const shown = (measure) => ({
    planned: measure.planned(makeMatrix(), figures),
    done: measure.done(makeMatrix(), figures),
    total: measure.total(makeMatrix(), figures),
    isBehind: measure.isBehind(figures),
});

test("each measure shows what is planned above what was done", () => {
    expect(shown(MEASURES.contacts)).toEqual({
        planned: "12",
        done: "9",
        total: "120 in all",
        isBehind: true,
    });
    expect(shown(MEASURES.cost)).toEqual({
        planned: "$\u00a0660",
        done: "$\u00a0495",
        total: "",
        isBehind: false,
    });
    expect(shown(MEASURES.hours)).toEqual({
        planned: "20",
        done: "15",
        total: "",
        isBehind: false,
    });
});

test("a cell is empty where nothing is planned nor was done, in its measure", () => {
    for (const [name, filled] of [
        ["contacts", {contacts: 1}],
        ["contacts", {done: 1}],
        ["cost", {cost: 1}],
        ["cost", {spent: 1}],
        ["hours", {hours: 1}],
        ["hours", {hours_spent: 1}],
    ]) {
        expect(MEASURES[name].isEmpty(makeFigures())).toBe(true);
        expect(MEASURES[name].isEmpty(makeFigures(filled))).toBe(false);
    }
    expect(MEASURES.cost.isEmpty(makeFigures({contacts: 12, done: 3}))).toBe(true);
});

test("a figure comes with how it came about", () => {
    const data = makeMatrix();
    expect(MEASURES.contacts.explain(data, figures)).toEqual([
        "Planned: 12 a year with each customer, 120 with all.",
        "Done in the last 12 months: 90, that is 9 per customer.",
        "Behind: less than nine tenths of what is planned was done.",
    ]);
    expect(MEASURES.cost.explain(data, figures)).toEqual([
        "Planned interactions a year: 120, cost: $\u00a0660.",
        "Interactions done in the last 12 months: 90, cost: $\u00a0495.",
    ]);
    expect(MEASURES.hours.explain(data, figures)).toEqual([
        "Planned interactions a year: 120, hours: 20.",
        "Interactions done in the last 12 months: 90, hours: 15.",
    ]);
});

test("a cell names the lines of the plan, occasions and what a click does", () => {
    expect(explainLines(makeCell()).filter(Boolean)).toEqual([]);
    expect(
        explainLines(
            makeCell({
                lines: ["Ask: every month", "Visit: every 3 months"],
                occasions: 1,
                interval_line_count: 2,
            })
        )
    ).toEqual([
        "Ask: every month",
        "Visit: every 3 months",
        "1 a year on occasions, which the matrix does not change.",
        "Several lines of the plan meet here; the cell opens the plan.",
    ]);
});

test("a row says what one interaction costs", () => {
    const row = {unit_cost: 0.5, duration: 10, contact_cost: 5.5};
    const [what, cost, archived] = explainRow(makeMatrix(), makeRow(row));
    expect(what).toMatch("try this channel first");
    expect(cost).toBe(
        "One interaction costs $\u00a05.50: $\u00a00.50 + 10 min at $\u00a030 an hour."
    );
    expect(archived).toBe("");
});

test("a row says that it is archived, or at whose cost it is counted", () => {
    expect(explainRow(makeMatrix(), makeRow({active: false}))[2]).toMatch("Archived");
    expect(explainRow(makeMatrix(), makeRow({usual: "Call"}))[0]).toMatch(
        "cost and duration of the first one in use, “Call”"
    );
});

test("a column says who follows its plan, and who shares it", () => {
    const column = makeColumn({customers: 1200, own_plans: 3, shared: ["Silver"]});
    expect(explainColumn(makeMatrix(), column)).toEqual([
        "Customers of Toko Maju who follow the plan of this segment: 1,200.",
        "3 more have a plan of their own; they are in the last column.",
        "The plan is shared with Silver: an edit changes it for all.",
    ]);
    const alone = explainColumn(makeMatrix(), makeColumn());
    expect(alone.filter(Boolean)).toHaveLength(1);
});

test("nobody follows the plan of a segment that has none to follow", () => {
    for (const plan_state of ["none", "other"]) {
        const [customers] = explainColumn(makeMatrix(), makeColumn({plan_state}));
        expect(customers).toBe(
            "Customers of Toko Maju in this segment who follow no plan: 10."
        );
    }
});

test("the column of own plans says that it shows averages", () => {
    const [only, ...others] = explainColumn(
        makeMatrix(),
        makeColumn({id: 0, plan_state: "own"})
    );
    expect(only).toMatch("averages");
    expect(others).toEqual([]);
});

test("a plan is shared with segments by name, with other companies by number", () => {
    expect(describeSharing(makeColumn())).toBe("");
    expect(describeSharing(makeColumn({shared: ["Silver", "Bronze"]}))).toBe(
        "Silver, Bronze"
    );
    expect(describeSharing(makeColumn({shared: ["Silver"], shared_elsewhere: 2}))).toBe(
        "Silver, 2 of other companies"
    );
});

const staff = (values) =>
    describeStaff({
        staff: {
            count: 2,
            weekly_hours: 80,
            share: 0.25,
            needed: 520,
            available: 1040,
            ...values,
        },
    });

test("the working time needed is compared to that available", () => {
    const {percent, verdict, isTooMuch, text, help} = staff();
    expect(percent).toBe(50);
    expect(verdict).toBe("520 hours left");
    expect(isTooMuch).toBe(false);
    expect(text).toBe("520 of 1,040 hours a year");
    expect(help[1]).toMatch(
        "2 dedicated salespeople work 80 hours a week together × 52 weeks × 25 % of that"
    );
});

test("too much work is said in hours", () => {
    const {percent, verdict, isTooMuch} = staff({needed: 1560});
    expect(percent).toBe(150);
    expect(verdict).toBe("520 hours too many");
    expect(isTooMuch).toBe(true);
});

test("without staff, nobody's time is left", () => {
    const nobody = {count: 0, weekly_hours: 0, available: 0};
    const {percent, verdict, isTooMuch} = staff(nobody);
    expect(percent).toBe(0);
    expect(verdict).toBe("No customer has a dedicated salesperson yet");
    expect(isTooMuch).toBe(true);
    expect(staff({...nobody, needed: 0}).isTooMuch).toBe(false);
});
