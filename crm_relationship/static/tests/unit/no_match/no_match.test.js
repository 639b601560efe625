import {describe, expect, test} from "@odoo/hoot";
import {markup} from "@odoo/owl";
import {
    defineModels,
    editSearch,
    fields,
    models,
    mountView,
    validateSearch,
} from "@web/../tests/web_test_helpers";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";

describe.current.tags("desktop");

const HELP = markup`<p class="own_help">No customer here yet</p>`;

class Relationship extends models.Model {
    _name = "crm.relationship";

    name = fields.Char();
}

class Lead extends models.Model {
    _name = "crm.lead";

    name = fields.Char();
}

defineMailModels();
defineModels([Relationship, Lead]);

async function open(resModel, context = {}) {
    await mountView({
        type: "list",
        resModel,
        arch: `<list><field name="name"/></list>`,
        searchViewArch: `<search>
            <field name="name"/>
            <filter name="own" string="Own" domain="[('id', '=', 0)]"/>
        </search>`,
        noContentHelp: HELP,
        context,
    });
}

async function look() {
    await editSearch("Kartini");
    await validateSearch();
}

test("who looks for somebody is told that nothing matches", async () => {
    await open("crm.relationship");
    expect(".o_view_nocontent").toHaveText("No customer here yet");
    await look();
    expect(".o_crm_no_match").toHaveText("Nothing matches your search");
    expect(".own_help").toHaveCount(0);
});

test("what the menu itself asks for is answered by its help", async () => {
    await open("crm.relationship", {search_default_own: 1});
    expect(".o_view_nocontent").toHaveText("No customer here yet");
    await look();
    expect(".o_crm_no_match").toHaveCount(1);
});

test("the lists of others stay as they are", async () => {
    await open("crm.lead");
    await look();
    expect(".o_crm_no_match").toHaveCount(0);
    expect(".o_view_nocontent").toHaveText("No customer here yet");
});
