import {beforeEach, describe, expect, queryAllTexts, test} from "@odoo/hoot";
import {
    contains,
    defineModels,
    fields,
    mockService,
    models,
    mountView,
    onRpc,
    toggleMenuItem,
    toggleSearchBarMenu,
} from "@web/../tests/web_test_helpers";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";

describe.current.tags("desktop");

class Segment extends models.Model {
    _name = "crm.segment";

    name = fields.Char();

    _records = [
        {id: 1, name: "Gold"},
        {id: 2, name: "Silver"},
    ];
}

defineMailModels();
defineModels([Segment]);

let unassigned;
let warnings;

beforeEach(() => {
    unassigned = 0;
    warnings = [];
});

onRpc("crm.segment", "get_unassigned_count", () => {
    expect.step("count");
    return unassigned;
});
onRpc("crm.segment", "get_warnings", () => {
    expect.step("warnings");
    return warnings;
});

const mountList = () =>
    mountView({
        type: "list",
        resModel: "crm.segment",
        arch: `<list js_class="crm_segment_list"><field name="name"/></list>`,
        searchViewArch: `
            <search>
                <filter name="gold" string="Gold" domain="[('name', '=', 'Gold')]"/>
            </search>`,
    });

test("no notice where nothing is wrong", async () => {
    await mountList();
    expect.verifySteps(["count", "warnings"]);
    expect(queryAllTexts(".o_data_row")).toEqual(["Gold", "Silver"]);
    expect("[role=status], [role=alert]").toHaveCount(0);
});

test("every warning stands above the list", async () => {
    warnings = ["The filter of “Gold” is broken.", "The job does not run."];
    await mountList();
    expect(queryAllTexts(".alert-danger[role=alert]")).toEqual(warnings);
    expect.verifySteps(["count", "warnings"]);
});

test("on the phone they stand above the cards", async () => {
    warnings = ["The filter of “Gold” is broken."];
    unassigned = 7;
    await mountView({
        type: "kanban",
        resModel: "crm.segment",
        arch: `
            <kanban js_class="crm_segment_kanban">
                <templates><t t-name="card"><field name="name"/></t></templates>
            </kanban>`,
    });
    expect(queryAllTexts(".alert-danger[role=alert]")).toEqual(warnings);
    expect(".alert-warning").toHaveText(/Customers who belong to no segment: 7/);
    expect.verifySteps(["count", "warnings"]);
});

test("a warning is text, whatever a segment is called", async () => {
    warnings = ["The filter of “<b>Gold</b>” is broken."];
    await mountList();
    expect(".alert-danger").toHaveText(warnings[0]);
    expect.verifySteps(["count", "warnings"]);
});

test("customers without a segment are counted, and shown", async () => {
    unassigned = 7;
    onRpc("crm.segment", "action_view_unassigned", () => ({name: "No Segment"}));
    mockService("action", {
        doAction: ({name}) => expect.step(`open ${name}`),
    });
    await mountList();
    expect(".alert-warning").toHaveText(/Customers who belong to no segment: 7/);
    await contains(".alert-warning button").click();
    expect.verifySteps(["count", "warnings", "open No Segment"]);
});

test("a new list counts again, and does not ask for the warnings", async () => {
    unassigned = 7;
    await mountList();
    unassigned = 0;
    await toggleSearchBarMenu();
    await toggleMenuItem("Gold");
    expect(queryAllTexts(".o_data_row")).toEqual(["Gold"]);
    expect(".alert-warning").toHaveCount(0);
    expect.verifySteps(["count", "warnings", "count"]);
});
