import {beforeEach, describe, expect, test} from "@odoo/hoot";
import {
    click,
    contains,
    defineMailModels,
    start,
    startServer,
} from "@mail/../tests/mail_test_helpers";
import {
    defineModels,
    fields,
    getService,
    models,
    mountWithCleanup,
    onRpc,
    serverState,
} from "@web/../tests/web_test_helpers";
import {advanceTime, animationFrame} from "@odoo/hoot-mock";
import {WebClient} from "@web/webclient/webclient";

describe.current.tags("desktop");

class Undo extends models.Model {
    _name = "crm.interaction.undo";
}

class Quotation extends models.Model {
    _name = "quotation";

    name = fields.Char();

    _records = [{id: 1, name: "S1"}];
    _views = {form: `<form><field name="name"/></form>`};
}

defineMailModels();
defineModels([Undo, Quotation]);

const OFFER = {message: "Ibu Kartini: Reached.", undo_id: 7};

beforeEach(() => {
    onRpc("crm.interaction.undo", "action_undo", ({args}) => {
        expect.step(`undo ${args[0]}`);
        return {type: "ir.actions.client", tag: "soft_reload"};
    });
});

test("what Odoo's own button has done is offered to be undone", async () => {
    const pyEnv = await startServer();
    await start();
    const [partner] = pyEnv["res.partner"].read(serverState.partnerId);
    pyEnv["bus.bus"]._sendone(partner, "crm_relationship.undo", OFFER);
    await contains(".o_crm_undo", {text: "Ibu Kartini: Reached."});
    await click(".o_crm_undo button:contains(Undo)");
    await contains(".o_crm_undo", {count: 0});
    await expect.waitForSteps(["undo 7"]);
});

test("the time to undo begins when the screen that follows is there", async () => {
    let arrive = null;
    const slow = new Promise((resolve) => (arrive = resolve));
    onRpc("quotation", "web_read", () => slow);
    await mountWithCleanup(WebClient);
    getService("action").doAction({
        type: "ir.actions.client",
        tag: "crm_relationship.undo",
        params: {
            ...OFFER,
            next: {
                type: "ir.actions.act_window",
                res_model: "quotation",
                res_id: 1,
                views: [[false, "form"]],
            },
        },
    });
    await animationFrame();
    await advanceTime(30_000);
    expect(".o_crm_undo").toHaveCount(1);
    arrive();
    await animationFrame();
    await animationFrame();
    expect(".o_form_view").toHaveCount(1);
    await advanceTime(9_000);
    expect(".o_crm_undo").toHaveCount(1);
    await advanceTime(1_000);
    await animationFrame();
    expect(".o_crm_undo").toHaveCount(0);
});
