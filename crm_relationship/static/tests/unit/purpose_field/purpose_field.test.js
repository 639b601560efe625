import {describe, expect, test} from "@odoo/hoot";
import {defineModels, fields, models, mountView} from "@web/../tests/web_test_helpers";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";

describe.current.tags("desktop");

class Interaction extends models.Model {
    _name = "crm.interaction";

    name = fields.Char();
    complaint_note = fields.Char();
    answer_note = fields.Char();
    is_answer_late = fields.Boolean();
    also_due = fields.Char();
    reason_code = fields.Selection({selection: [["quiet_hours", "Quiet hours"]]});

    _records = [
        {
            id: 1,
            name: "Complaint of Monday",
            complaint_note: "Not solved since Monday",
            answer_note: "Answer by Tue 12:00",
            is_answer_late: true,
            also_due: "Birthday",
            reason_code: "quiet_hours",
        },
        {id: 2, name: "Birthday"},
    ];
}

defineMailModels();
defineModels([Interaction]);

const OTHERS = ["complaint_note", "answer_note", "is_answer_late", "also_due"];

function mount(others) {
    const below = others.map((name) => `<field name="${name}" column_invisible="1"/>`);
    return mountView({
        type: "list",
        resModel: "crm.interaction",
        arch: `<list><field name="name" widget="crm_purpose"/>${below.join("")}</list>`,
    });
}

test("what only few have stands below the purpose, and takes no column", async () => {
    await mount([...OTHERS, "reason_code"]);
    expect("th[data-name]").toHaveCount(1);
    expect(".o_data_row:eq(0) .o_crm_purpose").toHaveText(
        "Complaint of Monday\nNot solved since Monday\nAnswer by Tue 12:00\nAlso due: Birthday\nQuiet hours"
    );
    expect(".o_data_row:eq(0) .o_crm_purpose_answer").toHaveClass("fw-bold");
    expect(".o_data_row:eq(1) .o_crm_purpose").toHaveText("Birthday");
});

test("it shows what the view has, and can be read to the end", async () => {
    await mount([]);
    expect(".o_data_row:eq(0) .o_crm_purpose").toHaveText("Complaint of Monday");
    expect(".o_data_row:eq(0) .o_crm_purpose_name").toHaveStyle({
        "white-space": "normal",
    });
});
