import {describe, expect, test} from "@odoo/hoot";
import {defineModels, fields, models, mountView} from "@web/../tests/web_test_helpers";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";

describe.current.tags("desktop");

class Benefit extends models.Model {
    _name = "crm.benefit";

    warning = fields.Char();

    _records = [
        {id: 1, warning: "Already given this year."},
        {id: 2, warning: false},
    ];
}

defineMailModels();
defineModels([Benefit]);

test("a warning is a sign with its sentence; without one there is nothing", async () => {
    await mountView({
        type: "list",
        resModel: "crm.benefit",
        arch: `<list><field name="warning" widget="crm_warning"/></list>`,
    });
    const sign = ".o_data_row:eq(0) [role=img]";
    expect(sign).toHaveAttribute("data-tooltip", "Already given this year.");
    expect(sign).toHaveAttribute("aria-label", "Already given this year.");
    expect(".o_data_row:eq(1) [role=img]").toHaveCount(0);
});

test("the column of signs has no title", async () => {
    await mountView({
        type: "list",
        resModel: "crm.benefit",
        arch: `<list><field name="warning" widget="crm_warning"/></list>`,
    });
    expect("th[data-name=warning]").toHaveText("");
});
