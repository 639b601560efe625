import {beforeEach, describe, expect, test} from "@odoo/hoot";
import {allowTranslations} from "@web/../tests/web_test_helpers";
import {
    getHint,
    whyReadonly,
} from "@crm_relationship/touchpoint_matrix/touchpoint_matrix_hints";
import {makeColumn, makeMatrix, makeRow} from "./touchpoint_matrix_test_helpers";

describe.current.tags("headless");

beforeEach(allowTranslations);

const noPlan = () => [makeColumn({id: 1, name: "Gold", plan_state: "none"})];

test("no hint where nothing is missing", () => {
    for (const measure of ["contacts", "cost", "hours"]) {
        expect(getHint(makeMatrix(), measure)).toBe("");
    }
});

test("a hint where no segment has customers", () => {
    expect(getHint(makeMatrix({customers: 0}), "contacts")).toMatch("no customers yet");
});

test("a hint where no segment has a plan, with what to do for those who may", () => {
    const columns = noPlan();
    const hint = getHint(makeMatrix({columns}), "contacts");
    expect(hint).toMatch("No segment has a contact plan yet. Enter a number");
    expect(getHint(makeMatrix({columns, editable: false}), "contacts")).toBe(
        "No segment has a contact plan yet."
    );
});

test("plans of their own are plans", () => {
    const columns = [...noPlan(), makeColumn({id: 0, plan_state: "own"})];
    expect(getHint(makeMatrix({columns}), "contacts")).toBe("");
});

test("a hint where cost leaves out working time", () => {
    const data = makeMatrix({hourly_cost: 0});
    expect(getHint(data, "cost")).toMatch("what an hour of it costs");
    expect(getHint(data, "contacts")).toBe("");
});

test("a cell can be edited whether its segment has a plan or not", () => {
    const data = makeMatrix();
    for (const column of data.columns) {
        expect(whyReadonly(data, "contacts", data.rows[0], column)).toBe("");
    }
});

test("every reason why a cell cannot be edited has a sentence", () => {
    const data = makeMatrix();
    const [row] = data.rows;
    const [column] = data.columns;
    const why = (changes) => {
        const it = {data, measure: "contacts", row, column, ...changes};
        return whyReadonly(it.data, it.measure, it.row, it.column);
    };
    const other = makeColumn({plan_state: "other"});
    const own = makeColumn({plan_state: "own"});
    expect(why({data: makeMatrix({editable: false})})).toMatch("Only sales admin");
    expect(why({measure: "cost"})).toMatch("Switch to “Interactions a year”");
    expect(why({row: undefined})).toMatch("Totals follow from the cells");
    expect(why({column: undefined})).toMatch("Totals follow from the cells");
    expect(why({column: own})).toMatch("changed at the customers who follow them");
    expect(why({column: other})).toMatch("archived or belongs to another company");
    expect(why({row: makeRow({active: false})})).toMatch("channel is archived");
});
