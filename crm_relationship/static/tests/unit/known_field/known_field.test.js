import {describe, expect, test} from "@odoo/hoot";
import {
    defineModels,
    fields,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";

describe.current.tags("desktop");

class Segment extends models.Model {
    _name = "crm.segment.report";

    rate = fields.Float();
    value = fields.Float();

    _records = [{id: 1, rate: 0.5, value: 12}, {id: 2, rate: 0, value: 0}, {id: 3}];
}

defineMailModels();
defineModels([Segment]);

/** Odoo's own numbers are never empty; ours are `false` where they are unknown. */
const forget = () =>
    onRpc("web_search_read", async ({parent}) => {
        const result = await parent();
        Object.assign(result.records[2], {rate: false, value: false});
        return result;
    });

test("what is unknown is said to be so, what is zero stays zero", async () => {
    forget();
    await mountView({
        type: "list",
        resModel: "crm.segment.report",
        arch: `
            <list>
                <field name="rate" widget="crm_known_percentage"/>
                <field name="value" widget="crm_known_float" sum="Total"/>
            </list>`,
    });
    const cell = (row, name) => `.o_data_row:eq(${row}) [name=${name}]`;
    expect(cell(0, "rate")).toHaveText("50%");
    expect(cell(1, "rate")).toHaveText("0%");
    expect(cell(2, "rate")).toHaveText("Not known yet");
    expect(cell(0, "value")).toHaveText("12.00");
    expect(cell(1, "value")).toHaveText("0.00");
    expect(cell(2, "value")).toHaveText("Not known yet");
});
