import {describe, expect, test} from "@odoo/hoot";
import {
    contains,
    defineModels,
    fields,
    mockService,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";

describe.current.tags("desktop");

class Program extends models.Model {
    _name = "crm.program";

    name = fields.Char();
    target_counts = fields.Json();

    _records = [
        {
            id: 1,
            target_counts: {
                total: "Customers in the target: 3",
                parts: [
                    {state: "reachable", text: "reachable now: 2"},
                    {state: "refused", text: "refused: 1"},
                ],
            },
        },
        {id: 2, target_counts: false},
    ];
}

defineMailModels();
defineModels([Program]);

const show = (resId) =>
    mountView({
        type: "form",
        resModel: "crm.program",
        resId,
        arch: `<form><field name="name"/>
            <field name="target_counts" widget="crm_program_target"/></form>`,
    });

test("what is typed is saved before a number opens its list", async () => {
    mockService("action", {doAction: ({name}) => expect.step(name)});
    onRpc("web_save", ({args}) => expect.step(`save ${args[1].name}`));
    onRpc("action_view_target", ({args}) => {
        expect(args).toEqual([[1], "refused"]);
        return {name: "Refused"};
    });
    await show(1);
    expect("[name=target_counts]").toHaveText(/^Customers in the target: 3/);
    await contains("[name=name] input").edit("Thanks", {confirm: false});
    await contains("[data-state=refused]").click();
    expect.verifySteps(["save Thanks", "Refused"]);
});

test("of a filter that cannot be read, nothing is told", async () => {
    await show(2);
    expect("[name=target_counts] button").toHaveCount(0);
});
