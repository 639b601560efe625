import {describe, expect, queryAllTexts, test} from "@odoo/hoot";
import {defineModels, fields, models, mountView} from "@web/../tests/web_test_helpers";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";

describe.current.tags("desktop");

class Touchpoint extends models.Model {
    _name = "crm.touchpoint";

    name = fields.Char();

    _records = [
        {id: 1, name: "Call"},
        {id: 2, name: "Letter"},
    ];
}

class Interaction extends models.Model {
    _name = "crm.interaction";

    touchpoint_id = fields.Many2one({relation: "crm.touchpoint"});
    channel_icon = fields.Char();

    _records = [
        {id: 1, touchpoint_id: 1, channel_icon: "fa-phone"},
        {id: 2, touchpoint_id: 2, channel_icon: false},
        {id: 3, touchpoint_id: false, channel_icon: "fa-phone"},
    ];
}

defineMailModels();
defineModels([Touchpoint, Interaction]);

test("a channel is its icon and its name; without one there is nothing", async () => {
    await mountView({
        type: "list",
        resModel: "crm.interaction",
        arch: `
            <list>
                <field name="touchpoint_id" widget="crm_channel"/>
                <field name="channel_icon" column_invisible="1"/>
            </list>`,
    });
    expect(queryAllTexts(".o_data_row")).toEqual(["Call", "Letter", ""]);
    expect(".o_data_row:eq(0) i").toHaveClass("fa-phone");
    expect(".o_data_row:eq(1) i").toHaveClass("fa-comment-o");
    expect(".o_data_row:eq(2) i").toHaveCount(0);
});
