import {beforeEach, describe, expect, test} from "@odoo/hoot";
import {
    click,
    contains,
    defineMailModels,
    start,
    startServer,
} from "@mail/../tests/mail_test_helpers";
import {defineModels, models, onRpc, serverState} from "@web/../tests/web_test_helpers";

describe.current.tags("desktop");

class Undo extends models.Model {
    _name = "crm.interaction.undo";
}

defineMailModels();
defineModels([Undo]);

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
