import {describe, expect, test} from "@odoo/hoot";
import {click} from "@odoo/hoot-dom";
import {animationFrame} from "@odoo/hoot-mock";
import {
    contains,
    defineModels,
    fields,
    models,
    mountView,
} from "@web/../tests/web_test_helpers";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";
import {layOut} from "@crm_relationship/program_flow/program_flow_layout";

const makeStep = (key, values = {}) => ({
    key,
    id: Number(key),
    name: `Step ${key}`,
    when: "At once",
    channels: "Call, else WhatsApp",
    icon: "fa-phone",
    who: "Dedicated salesperson",
    asks: false,
    asked: "",
    condition: "",
    negated: false,
    filters: [],
    expires: "",
    benefit: "",
    counts: {},
    ...values,
});

const asking = (key, asks, negated = false) =>
    makeStep(key, {
        asks,
        asked: `Step ${asks}`,
        negated,
        condition: negated
            ? "Unless it reached the customer"
            : "If it reached the customer",
    });

/** Tell a layout in short: "1", or {1: [[rows of a lane], …]} for a fork. */
const tell = (rows) =>
    rows.map((row) =>
        row.type === "step"
            ? row.step.key
            : {[row.asks]: row.lanes.map((lane) => tell(lane.rows))}
    );

describe("layout", () => {
    test("steps without conditions stand below one another", () => {
        expect(tell(layOut([makeStep("1"), makeStep("2")]))).toEqual(["1", "2"]);
    });

    test("what asks about one step stands side by side", () => {
        const steps = [
            makeStep("1"),
            asking("2", "1"),
            asking("3", "1", true),
            asking("4", "1"),
            makeStep("5"),
        ];
        expect(tell(layOut(steps))).toEqual(["1", {1: [["2", "4"], ["3"]]}, "5"]);
    });

    test("a condition on a step in a lane stays in the lane", () => {
        const steps = [
            makeStep("1"),
            asking("2", "1"),
            asking("3", "1", true),
            asking("4", "3"),
            asking("5", "3", true),
        ];
        expect(tell(layOut(steps))).toEqual([
            "1",
            {1: [["2"], ["3", {3: [["4"], ["5"]]}]]},
        ]);
    });

    test("after a common step, the same question is asked again", () => {
        const steps = [
            makeStep("1"),
            asking("2", "1"),
            makeStep("3"),
            asking("4", "1", true),
        ];
        expect(tell(layOut(steps))).toEqual(["1", {1: [["2"]]}, "3", {1: [["4"]]}]);
    });

    test("a condition on a step that is gone is drawn all the same", () => {
        expect(tell(layOut([asking("2", "9")]))).toEqual([{9: [["2"]]}]);
    });
});

class Program extends models.Model {
    _name = "crm.program";

    name = fields.Char();
    drawing = fields.Json();

    _records = [
        {
            id: 1,
            name: "After the purchase",
            drawing: {
                start: {title: "A sales order is confirmed", details: ["First order"]},
                steps: [
                    makeStep("1", {counts: {waiting: 3, done: 12, skipped: 1}}),
                    asking("2", "1"),
                    asking("3", "1", true),
                ],
                ends: ["The customer complains"],
                may_edit: true,
                next_sequence: 40,
            },
        },
        {id: 2, name: "New", drawing: false},
        {
            id: 3,
            name: "Long",
            drawing: {
                start: {title: "By hand", details: []},
                steps: ["1", "2", "3", "4", "5", "6", "7", "8"].map((key) =>
                    makeStep(key)
                ),
                ends: [],
                may_edit: false,
            },
        },
    ];
}

class Step extends models.Model {
    _name = "crm.program.step";

    name = fields.Char();
    program_id = fields.Many2one({relation: "crm.program"});
    sequence = fields.Integer();

    _records = [{id: 1, name: "Step 1", program_id: 1}];
    _views = {form: `<form><field name="name"/><field name="sequence"/></form>`};
}

defineMailModels();
defineModels([Program, Step]);

const draw = (resId, options = "{}") =>
    mountView({
        type: "form",
        resModel: "crm.program",
        resId,
        arch: `<form><field name="name"/>
            <field name="drawing" widget="crm_program_flow" options="${options}"/></form>`,
    });

describe("drawing", () => {
    describe.current.tags("desktop");

    test("start, boxes with their counts, a fork and the end", async () => {
        await draw(1);
        expect(".o_crm_flow_end:first").toHaveText(
            "Starts when: A sales order is confirmed\nFirst order"
        );
        expect(".o_crm_flow_step").toHaveCount(3);
        expect(".o_crm_flow_step:first [data-count=waiting]").toHaveText("3 waiting");
        expect(".o_crm_flow_step:first [data-count=done]").toHaveText("12 done");
        expect(".o_crm_flow_step:first [data-count=skipped]").toHaveText("1 skipped");
        expect(".o_crm_flow_step:first [data-count=dropped]").toHaveCount(0);
        expect(".o_crm_flow_question").toHaveText("What came of “Step 1”?");
        expect(".o_crm_flow_lane").toHaveCount(2);
        expect(".o_crm_flow_not .o_crm_flow_condition").toHaveText(
            "Unless it reached the customer"
        );
        expect(".o_crm_flow_end:last li").toHaveText("The customer complains");
    });

    test("the boxes are buttons in an ordered list", async () => {
        await draw(1);
        expect("ol.o_crm_flow_rows > li button.o_crm_flow_step").toHaveCount(3);
        expect(".o_crm_flow_step [aria-hidden=true].fa-phone").toHaveCount(3);
    });

    test("a box opens its step, and the name typed before is kept", async () => {
        await draw(1);
        await contains(".o_field_widget[name=name] input").edit("Thanks", {
            confirm: false,
        });
        await contains(".o_crm_flow_step:first").click();
        expect(".modal .o_field_widget[name=name] input").toHaveValue("Step 1");
        await click(".modal .o_form_button_cancel");
        await animationFrame();
        expect(".o_field_widget[name=name] input").toHaveValue("Thanks");
    });

    test("a step is added after the last one", async () => {
        await draw(1);
        await contains(".o_crm_flow button:contains('Add a step')").click();
        expect(".modal .o_field_widget[name=sequence] input").toHaveValue("40");
    });

    test("who may not change the program is not offered a new step", async () => {
        await draw(3);
        expect(".o_crm_flow button:contains('Add a step')").toHaveCount(0);
        expect(".o_crm_flow_end:last").toHaveText("Ends after the last step");
    });

    test("without a drawing there is nothing", async () => {
        await draw(2);
        expect(".o_crm_flow").toHaveCount(0);
    });

    test("on a card: a few steps, and how many more", async () => {
        await draw(3, "{'small': True}");
        expect(".o_crm_flow_small_step").toHaveCount(6);
        expect(".o_crm_flow_small").toHaveText(/and 2 more$/);
        expect(".o_crm_flow_small button").toHaveCount(0);
    });
});
