import {describe, expect, test} from "@odoo/hoot";
import {
    defineModels,
    fields,
    models,
    mountView,
    onRpc,
    toggleActionMenu,
} from "@web/../tests/web_test_helpers";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";

describe.current.tags("desktop");

class Firm extends models.Model {
    _name = "firm";

    name = fields.Char();
    definitions = fields.PropertiesDefinition();

    _records = [{id: 1, name: "Toko Maju", definitions: []}];
}

class Customer extends models.Model {
    _name = "customer";

    firm_id = fields.Many2one({relation: "firm"});
    properties = fields.Properties({
        definition_record: "firm_id",
        definition_record_field: "definitions",
    });

    _records = [{id: 1, firm_id: 1, properties: {}}];
}

defineMailModels();
defineModels([Firm, Customer]);

const OFFERED = ".o-dropdown--menu span:contains(Edit Properties)";

async function open(may) {
    onRpc("has_access", ({model}) => model !== "res.company" || may);
    await mountView({
        type: "form",
        resModel: "customer",
        resId: 1,
        arch: `
            <form js_class="crm_customer_form">
                <field name="firm_id"/>
                <field name="properties"/>
            </form>`,
        actionMenus: {},
    });
    await toggleActionMenu();
    expect(".o-dropdown--menu span:contains(Delete)").toHaveCount(1);
}

test("who may define properties is offered to", async () => {
    await open(true);
    expect(OFFERED).toHaveCount(1);
});

test("nobody else is offered what would be refused", async () => {
    await open(false);
    expect(OFFERED).toHaveCount(0);
});
