import {describe, expect, test} from "@odoo/hoot";
import {mockDate} from "@odoo/hoot-mock";
import {defineModels, fields, models, mountView} from "@web/../tests/web_test_helpers";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";

describe.current.tags("desktop");

class Interaction extends models.Model {
    _name = "crm.interaction";

    day = fields.Date();
}

defineMailModels();
defineModels([Interaction]);

async function show(...days) {
    mockDate("2026-11-29 10:00:00");
    Interaction._records = days.map((day, index) => ({id: index + 1, day}));
    await mountView({
        type: "list",
        resModel: "crm.interaction",
        arch: `<list><field name="day" widget="crm_day"/></list>`,
    });
}

test("days across the end of a month are days", async () => {
    await show("2026-11-29", "2026-11-30", "2026-12-01", "2026-12-05", "2026-11-28");
    expect(".o_data_row .o_field_crm_day").toHaveCount(5);
    for (const [row, text] of [
        "Today",
        "Tomorrow",
        "In 2 days",
        "In 6 days",
        "Yesterday",
    ].entries()) {
        expect(`.o_data_row:eq(${row}) .o_field_crm_day`).toHaveText(text);
    }
});

test("what is far away is a date", async () => {
    await show("2026-12-13", "2026-12-14", "2026-11-01", false);
    expect(".o_data_row:eq(0) .o_field_crm_day").toHaveText("In 14 days");
    expect(".o_data_row:eq(1) .o_field_crm_day").toHaveText(/Dec 14|12\/14/);
    expect(".o_data_row:eq(2) .o_field_crm_day").toHaveText(/Nov 1|11\/01/);
    expect(".o_data_row:eq(3) .o_field_crm_day").toHaveText("");
});
