import {beforeEach, describe, expect, test} from "@odoo/hoot";
import {queryAllTexts, queryOne} from "@odoo/hoot-dom";
import {
    contains,
    getService,
    mountWithCleanup,
    onRpc,
} from "@web/../tests/web_test_helpers";
import {WebClient} from "@web/webclient/webclient";
import {animationFrame} from "@odoo/hoot-mock";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";

describe.current.tags("desktop");

defineMailModels();

const OPENED = {
    id: 7,
    type: "ir.actions.act_window",
    res_model: "crm.relationship",
    views: [
        [3, "list"],
        [4, "form"],
    ],
    domain: "[]",
    context: "{'search_default_own': 1}",
};
const makeNumber = (id, value, values = {}) => ({
    id,
    label: `Label of ${id}`,
    value,
    kind: "count",
    tone: "danger",
    hint: "",
    action: {
        xml_id: `crm_relationship.${id}`,
        name: "The list",
        domain: [["id", "=", 1]],
    },
    ...values,
});
const makeSection = (id, values) => ({
    id,
    title: `Title of ${id}`,
    sentence: `Sentence of ${id}.`,
    tone: "muted",
    numbers: [],
    rows: [],
    chart: false,
    note: "",
    screen: false,
    ...values,
});
let page = {};
let done = [];

beforeEach(() => {
    done = [];
    page = {
        company: "Toko Musik",
        currency_id: 1,
        day: "Tuesday, March 31, 2026",
        notes: ["Not live yet."],
        sections: [
            makeSection("care", {
                numbers: [makeNumber("no_staff", 1234, {share: 0.5, hint: "Nobody."})],
                rows: [
                    {
                        id: "customer_9",
                        title: "<b class='bad'>Kartini</b>",
                        detail: "Nobody serves her",
                        tone: "danger",
                        amount: 0,
                        action: {
                            xml_id: "crm_relationship.customers",
                            name: "Kartini",
                            res_id: 9,
                        },
                    },
                ],
                screen: {xml_id: "crm_relationship.board", name: "The board"},
            }),
            makeSection("value", {
                numbers: [
                    makeNumber("zero", 0),
                    makeNumber("unknown", false, {
                        kind: "money",
                        hint: "Known from 1 May on.",
                    }),
                ],
                chart: {
                    type: "line",
                    title: "Night by night",
                    labels: ["30 Mar", "31 Mar"],
                    series: [{label: "At fault", values: [3, 4], tone: "danger"}],
                },
            }),
        ],
    };
    onRpc("crm.morning", "get_page", () => {
        expect.step("get_page");
        return page;
    });
    onRpc("crm.morning", "get_own_page", () => {
        expect.step("get_own_page");
        return page;
    });
});

async function open(params = {}) {
    await mountWithCleanup(WebClient);
    await getService("action").doAction({
        type: "ir.actions.client",
        tag: "crm_relationship.morning",
        name: "This Morning",
        params,
    });
    await animationFrame();
    const action = getService("action");
    action.loadAction = async () => ({...OPENED});
    action.doAction = async (opened) => done.push(opened);
}

test("what is known, what is nothing, and what is not known yet", async () => {
    await open();
    expect.verifySteps(["get_page"]);
    expect(".alert-warning").toHaveText("Not live yet.");
    expect(queryAllTexts(".o_crm_morning_sentence")).toEqual([
        "Sentence of care.",
        "Sentence of value.",
    ]);
    expect("[data-number=no_staff] .o_crm_morning_value").toHaveText("1,234");
    expect("[data-number=no_staff] .o_crm_morning_value").toHaveClass("text-danger");
    expect("[data-number=no_staff]").toHaveAttribute("title", "Nobody.");
    expect("[data-number=zero] .o_crm_morning_value").toHaveText("0");
    expect("[data-number=zero] .o_crm_morning_value").toHaveClass("text-muted");
    expect("[data-number=unknown]").toHaveText(/Not known yet/);
    expect("[data-number=unknown]").toHaveText(/Known from 1 May on\./);
});

test("a bar is as long as its share", async () => {
    await open();
    expect.verifySteps(["get_page"]);
    const bar = queryOne("[data-number=no_staff] .o_crm_morning_track span");
    expect(bar.style.width).toBe("50%");
});

test("a number opens its list, and nothing else of the action's own", async () => {
    await open();
    expect.verifySteps(["get_page"]);
    await contains("[data-number=no_staff]").click();
    expect(done).toHaveLength(1);
    expect(done[0].domain).toEqual([["id", "=", 1]]);
    expect(done[0].context).toEqual({});
    expect(done[0].display_name).toBe("The list");
});

test("a line opens its record, a title its screen", async () => {
    await open();
    expect.verifySteps(["get_page"]);
    await contains("[data-row=customer_9]").click();
    await contains(".o_crm_morning_screen").click();
    expect(done[0].res_id).toBe(9);
    expect(done[0].views).toEqual([[4, "form"]]);
    expect(done[1]).toBe("crm_relationship.board");
});

test("names are text", async () => {
    await open();
    expect.verifySteps(["get_page"]);
    expect(".o_crm_morning .bad").toHaveCount(0);
    expect("[data-row=customer_9]").toHaveText(/<b class='bad'>Kartini<\/b>/);
});

test("a picture can be read without being seen", async () => {
    await open();
    expect.verifySteps(["get_page"]);
    expect(".o_crm_morning_chart canvas").toHaveAttribute("aria-hidden", "true");
    expect(queryAllTexts("figure tbody tr:first-child > *")).toEqual(["30 Mar", "3"]);
});

test("a salesperson's own page", async () => {
    await open({own: true});
    expect.verifySteps(["get_own_page"]);
});
