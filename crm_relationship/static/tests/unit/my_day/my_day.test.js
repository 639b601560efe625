import {advanceTime, animationFrame, mockDate, mockTimeZone} from "@odoo/hoot-mock";
import {beforeEach, describe, expect, test} from "@odoo/hoot";
import {click, dblclick, edit, press, queryAllTexts} from "@odoo/hoot-dom";
import {
    getService,
    makeServerError,
    mountWithCleanup,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import {ConnectionLostError} from "@web/core/network/rpc";
import {ORM} from "@web/core/orm_service";
import {Outbox} from "@crm_relationship/my_day/my_day_outbox";
import {WebClient} from "@web/webclient/webclient";
import {browser} from "@web/core/browser/browser";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";

describe.current.tags("desktop");

defineMailModels();

const CARD = {
    name: "How are you?",
    kind: "relationship",
    is_complaint: false,
    complaint: false,
    partner_id: 1,
    relationship_id: 1,
    segment: "Gold",
    segment_color: 3,
    value: 0,
    currency: 1,
    why: ["To care for the relationship", "Due since 28 Mar"],
    guidance: "<p>Listen <b>first</b>.</p>",
    text: "Hi Sri",
    is_about_orders: false,
    benefit: false,
    benefit_note: "",
    talks: [
        {
            id: 1,
            day: "2026-03-01 03:00:00",
            name: "Visit",
            channel: "Call",
            outcome: "reached",
            mood: "positive",
            words: "Very pleased",
        },
    ],
    orders: [],
    bought: "2 purchases in 12 months",
    how: ["Prefers: WhatsApp"],
    dont: ["Refuses: SMS"],
    channel_kind: "call",
    channel: "Call",
    minutes: 10,
    attempts: 0,
    reach: [
        {kind: "call", name: "Call", icon: "fa-phone", missing: false, own: true},
        {
            kind: "email",
            name: "Email",
            icon: "fa-envelope-o",
            missing: "No email address",
            own: false,
        },
    ],
    phone: "+62 811 555",
    digits: "62811555",
    place: "",
    event: false,
};

const makeCard = (id, who, values = {}) => ({...CARD, id, who, ...values});

let day = {};
let answer = null;
/** Methods of the server that are out of reach. */
let lost = new Set();

beforeEach(() => {
    mockDate("2026-03-31 10:00:00");
    browser.localStorage.clear();
    lost = new Set();
    patchWithCleanup(ORM.prototype, {
        async call(model, method, args) {
            if (lost.has(method)) {
                expect.step(`lost ${method} ${args[0] || ""}`.trim());
                throw new ConnectionLostError(model);
            }
            return super.call(...arguments);
        },
    });
    day = {
        today: "2026-03-31",
        cards: [
            makeCard(1, "Ibu Sri"),
            makeCard(2, "Pak Budi"),
            makeCard(3, "Ibu Ani"),
        ],
        waiting: 3,
        minutes: 30,
        ahead: 2,
        done: [
            {
                id: 9,
                name: "A word",
                who: "Pak Raden",
                moment: "2026-03-31 01:00:00",
                outcome: "no_answer",
                minutes: 0,
            },
        ],
    };
    answer = ({what}) => ({message: `Heard: ${what}.`, undo_id: 5});
    onRpc("crm.my.day", "get_day", () => {
        expect.step("get_day");
        return structuredClone(day);
    });
    onRpc("crm.my.day", "note", ({args: [id, what, values]}) => {
        expect.step(`note ${id} ${what} ${JSON.stringify(values)}`);
        return answer({id, what, values});
    });
});

async function open() {
    await mountWithCleanup(WebClient);
    await getService("action").doAction({
        type: "ir.actions.client",
        tag: "crm_relationship.my_day",
        name: "My Day",
    });
    await animationFrame();
    expect.verifySteps(["get_day"]);
}

test("a card says all there is to know", async () => {
    await open();
    expect(".o_crm_my_day_card h2").toHaveText("Ibu Sri");
    expect(".o_crm_my_day_card .badge").toHaveText("Gold");
    expect(".o_crm_my_day_why").toHaveText(/Due since 28 Mar/);
    expect(".o_crm_my_day_say b").toHaveText("first");
    expect(".o_crm_my_day_say blockquote").toHaveText("Hi Sri");
    expect(".o_crm_my_day_talks q").toHaveText("Very pleased");
    expect(".o_crm_my_day_talks .fa-smile-o").toHaveCount(1);
    expect(".o_crm_my_day_bought").toHaveText(/2 purchases/);
    expect(".o_crm_my_day_dont").toHaveText(/Refuses: SMS/);
    expect("[data-channel=call]").toHaveClass("btn-primary");
    expect("[data-channel=email]").toHaveAttribute("title", "Email: No email address");
    expect(".o_crm_my_day_progress").toHaveText("1 of 4");
    expect(".o_crm_my_day_head").toHaveText(/about 30 min to go/);
    expect(queryAllTexts(".o_crm_my_day_next button .flex-grow-1")).toEqual([
        "Ibu Sri\nHow are you?",
        "Pak Budi\nHow are you?",
        "Ibu Ani\nHow are you?",
    ]);
    expect(".o_crm_my_day_done li").toHaveCount(1);
});

test("what people enter is text, and guidance is not run", async () => {
    day.cards[0].who = "<b class='bad'>Sri</b>";
    day.cards[0].talks[0].words = "<img src=x onerror=alert(1)>";
    await open();
    expect(".o_crm_my_day .bad, .o_crm_my_day img").toHaveCount(0);
});

test("a tap shows the next card at once, the answer comes later", async () => {
    let release = null;
    const promise = new Promise((resolve) => (release = resolve));
    answer = () => promise;
    await open();
    await click("[data-what=primary]");
    await animationFrame();
    expect(".o_crm_my_day_card h2").toHaveText("Pak Budi");
    expect(".o_crm_my_day_progress").toHaveText("2 of 4");
    expect(".o_crm_my_day_done li:first .fa-clock-o").toHaveCount(1);
    expect(".o_crm_my_day_undo").toHaveText(/Ibu Sri: noted./);
    release({message: "Ibu Sri: Reached.", undo_id: 5});
    await animationFrame();
    expect(".o_crm_my_day_undo span").toHaveText("Ibu Sri: Reached.");
    expect(".o_crm_my_day_done .fa-clock-o").toHaveCount(0);
    expect.verifySteps(["note 1 reached {}"]);
    await advanceTime(10_000);
    expect(".o_crm_my_day_undo").toHaveCount(0);
});

test("what was said and the mood go with it", async () => {
    await open();
    await click(".o_crm_my_day_note");
    await edit("Fine");
    await click("[data-mood=negative]");
    await animationFrame();
    expect("[data-mood=negative]").toHaveAttribute("aria-pressed", "true");
    await click("[data-what=no_answer]");
    await animationFrame();
    expect(".o_crm_my_day_note").toHaveValue("");
    expect.verifySteps(['note 1 no_answer {"feedback":"Fine","sentiment":"negative"}']);
});

test("what is settled in the same conversation goes with it", async () => {
    day.cards[0].also = [
        {id: 2, name: "Thank-you"},
        {id: 8, name: "In three days"},
    ];
    await open();
    expect(".o_crm_my_day_also label").toHaveCount(2);
    await click(".o_crm_my_day_also input:first");
    await animationFrame();
    await click(".o_crm_my_day_outcomes [data-what=primary]");
    await animationFrame();
    expect(".o_crm_my_day_card h2").toHaveText("Ibu Ani");
    expect.verifySteps(['note 1 reached {"together":[2]}', "get_day"]);
});

test("what is put off says nothing about the rest of the conversation", async () => {
    day.cards[0].also = [{id: 2, name: "Thank-you"}];
    await open();
    await click(".o_crm_my_day_also input:first");
    await animationFrame();
    await click(".o_crm_my_day_outcomes [data-what=later]");
    await animationFrame();
    await click("[data-until=week]");
    await animationFrame();
    expect(".o_crm_my_day_card h2").toHaveText("Pak Budi");
    expect.verifySteps(['note 1 later {"until":"week"}']);
});

test("later takes two taps", async () => {
    await open();
    await click("[data-what=later]");
    await animationFrame();
    expect(queryAllTexts(".o_crm_my_day_sheet button")).toEqual([
        "Tomorrow",
        "In a week",
        "In a month",
        "In April",
        "In May",
        "In June",
    ]);
    await click("[data-until=week]");
    await animationFrame();
    expect.verifySteps(['note 1 later {"until":"week"}']);
    expect(".o_crm_my_day_sheet").toHaveCount(0);
    // put off is not done
    expect(".o_crm_my_day_progress").toHaveText("1 of 3");
});

test("a complaint is solved, and nothing else ends it", async () => {
    day.cards[0] = makeCard(1, "Ibu Sri", {
        is_complaint: true,
        complaint: "Complaint not solved since Monday",
    });
    await open();
    expect("[data-what=primary]").toHaveText("Solved");
    expect(".alert-danger").toHaveText(/not solved since Monday/);
    await click("[data-what=more]");
    await animationFrame();
    expect("[data-what=reached]").toHaveText("Reached, not solved yet");
    await click("[data-what=primary]");
    expect.verifySteps(["note 1 solved {}"]);
});

test("what the customer asks for needs words", async () => {
    await open();
    await click("[data-what=more]");
    await animationFrame();
    await click("[data-what=wish]");
    await animationFrame();
    await click("[data-becomes=opportunity]");
    await animationFrame();
    expect(".o_notification").toHaveText(/Write down what the customer asks for/);
    expect.verifySteps([]);
    await click(".o_crm_my_day_note");
    await edit("A guitar");
    await click("[data-becomes=week]");
    expect.verifySteps([
        'note 1 wish {"feedback":"A guitar","becomes":"follow_up","day":"2026-04-07"}',
    ]);
});

test("a complaint needs words as well", async () => {
    await open();
    await click("[data-what=more]");
    await animationFrame();
    await click("[data-what=complaint]");
    await animationFrame();
    expect(".o_notification").toHaveText(/what the customer complains about/);
    expect(".o_crm_my_day_note").toBeFocused();
    expect.verifySteps([]);
    await edit("It came broken");
    await click("[data-what=complaint]");
    await animationFrame();
    expect.verifySteps(['note 1 complaint {"feedback":"It came broken"}', "get_day"]);
});

test("at a desk, the number and the channels can be read", async () => {
    day.cards[0].phone = "+62811555";
    day.cards[1].phone = "";
    await open();
    expect(".o_crm_my_day_phone").toHaveText("+62811555");
    expect(queryAllTexts(".o_crm_my_day_reach button")).toEqual(["Call", "Email"]);
    expect(".o_crm_my_day_log").toHaveText("Log an interaction");
    await press("arrowright");
    await animationFrame();
    expect(".o_crm_my_day_phone").toHaveCount(0);
});

test("nobody is told of Preview once the company is live", async () => {
    Object.assign(day, {cards: [], done: [], waiting: 0, ahead: 0, is_preview: false});
    await open();
    expect(".o_crm_my_day_rest").toHaveText(/appear here by themselves/);
    expect(".o_crm_my_day_rest").not.toHaveText(/Preview/);
    day.is_preview = true;
    await getService("action").doAction({
        type: "ir.actions.client",
        tag: "crm_relationship.my_day",
    });
    await animationFrame();
    expect(".o_crm_my_day_rest").toHaveText(/While your company is in Preview/);
    expect.verifySteps(["get_day"]);
});

test("a dialog that has closed the card leaves no sheet open on the next", async () => {
    onRpc("crm.interaction", "action_note_preference", () => ({
        type: "ir.actions.act_window_close",
    }));
    await open();
    await click("[data-what=more]");
    await animationFrame();
    day.cards = day.cards.slice(1);
    await click("[data-what=refuses]");
    await animationFrame();
    await animationFrame();
    expect(".o_crm_my_day_card h2").toHaveText("Pak Budi");
    expect(".o_crm_my_day_sheet").toHaveCount(0);
    expect.verifySteps(["get_day"]);
});

test("undo takes back what was sent", async () => {
    onRpc("crm.interaction.undo", "action_undo", ({args}) => {
        expect.step(`undo ${args[0]}`);
        return true;
    });
    await open();
    await click(".o_crm_my_day_note");
    await edit("Fine");
    await click("[data-what=primary]");
    await animationFrame();
    await click(".o_crm_my_day_undo button");
    await animationFrame();
    expect.verifySteps(['note 1 reached {"feedback":"Fine"}', "undo 5", "get_day"]);
    expect(".o_crm_my_day_card h2").toHaveText("Ibu Sri");
    expect(".o_crm_my_day_note").toHaveValue("Fine");
    expect(".o_crm_my_day_progress").toHaveText("1 of 4");
});

test("a double tap counts once, for the customer who was there", async () => {
    await open();
    await dblclick("[data-what=primary]");
    await animationFrame();
    expect.verifySteps(["note 1 reached {}"]);
    expect(".o_crm_my_day_card h2").toHaveText("Pak Budi");
    await advanceTime(1_000);
    await dblclick("[data-what=later]");
    await animationFrame();
    expect(".o_crm_my_day_sheet").toHaveCount(0);
});

test("undo before the answer waits for it", async () => {
    onRpc("crm.interaction.undo", "action_undo", ({args}) => {
        expect.step(`undo ${args[0]}`);
        return true;
    });
    let release = null;
    const promise = new Promise((resolve) => (release = resolve));
    answer = () => promise;
    await open();
    await click("[data-what=primary]");
    await animationFrame();
    await click(".o_crm_my_day_undo button");
    await animationFrame();
    expect.verifySteps(["note 1 reached {}"]);
    release({message: "", undo_id: 7});
    await animationFrame();
    expect.verifySteps(["undo 7", "get_day"]);
    expect(".o_crm_my_day_card h2").toHaveText("Ibu Sri");
});

test("without a connection nothing is lost", async () => {
    await open();
    lost.add("note");
    await click("[data-what=primary]");
    await animationFrame();
    await click("[data-what=no_answer]");
    await animationFrame();
    expect(".o_crm_my_day_card h2").toHaveText("Ibu Ani");
    expect(".o_crm_my_day_lost").toHaveText(/Not sent yet: 2/);
    expect.verifySteps(["lost note 1", "lost note 1"]);
    lost.clear();
    await advanceTime(4_000);
    expect.verifySteps(["note 1 reached {}", "note 2 no_answer {}"]);
    await animationFrame();
    expect(".o_crm_my_day_lost").toHaveCount(0);
});

test("what could not be sent is sent when the page is opened again", async () => {
    await open();
    lost.add("note");
    await click("[data-what=primary]");
    await animationFrame();
    expect.verifySteps(["lost note 1"]);
    lost.clear();
    day.cards.shift();
    await getService("action").doAction({
        type: "ir.actions.client",
        tag: "crm_relationship.my_day",
    });
    await animationFrame();
    expect.verifySteps(["note 1 reached {}", "get_day"]);
    expect(".o_crm_my_day_card h2").toHaveText("Pak Budi");
});

test("two tabs without a connection keep what both have noted", async () => {
    const open = () =>
        new Outbox({
            key: "two tabs",
            call: ({id}) => {
                if (lost.has("note")) {
                    throw new ConnectionLostError("note");
                }
                expect.step(`note ${id}`);
            },
            tell: () => {},
        });
    lost.add("note");
    const [one, other] = [open(), open()];
    await one.add({id: 1, who: "Ibu Sri", what: "reached", values: {}});
    await other.add({id: 2, who: "Pak Budi", what: "reached", values: {}});
    await one.add({id: 3, who: "Ibu Ani", what: "reached", values: {}});
    expect(open().entries.map(({id}) => id)).toEqual([2, 1, 3]);
    lost.clear();
    await one.flush();
    expect.verifySteps(["note 1", "note 3"]);
    expect(open().entries.map(({id}) => id)).toEqual([2]);
    await other.flush();
    expect.verifySteps(["note 2"]);
    expect(open().entries).toEqual([]);
});

test("undo takes back what was not sent yet", async () => {
    await open();
    lost.add("note");
    await click("[data-what=primary]");
    await animationFrame();
    await click(".o_crm_my_day_undo button");
    await animationFrame();
    expect(".o_crm_my_day_card h2").toHaveText("Ibu Sri");
    expect(".o_crm_my_day_lost").toHaveCount(0);
    lost.clear();
    await advanceTime(60_000);
    expect.verifySteps(["lost note 1"]);
});

test("undo without a connection can be tapped again", async () => {
    onRpc("crm.interaction.undo", "action_undo", () => {
        expect.step("undo");
        return true;
    });
    await open();
    await click("[data-what=primary]");
    await animationFrame();
    lost.add("action_undo");
    await click(".o_crm_my_day_undo button");
    await animationFrame();
    expect(".o_notification").toHaveText(/no connection/);
    lost.clear();
    await click(".o_crm_my_day_undo button");
    await animationFrame();
    expect.verifySteps(["note 1 reached {}", "lost action_undo 5", "undo", "get_day"]);
});

test("what the server refuses comes back and says why", async () => {
    answer = () => {
        throw makeServerError({message: "Say why in the reason."});
    };
    await open();
    await click(".o_crm_my_day_note");
    await edit("Fine");
    await click("[data-what=primary]");
    await animationFrame();
    expect(".o_crm_my_day_card h2").toHaveText("Ibu Sri");
    expect(".o_crm_my_day_refused").toHaveText(/Say why in the reason/);
    // nothing lies over the card
    expect(".o_notification").toHaveCount(0);
    expect(".o_crm_my_day_note").toHaveValue("Fine");
    expect(".o_crm_my_day_undo").toHaveCount(0);
    expect.verifySteps(['note 1 reached {"feedback":"Fine"}']);
});

test("a call dials, also without a connection", async () => {
    patchWithCleanup(browser, {open: (url) => expect.step(`open ${url}`)});
    onRpc("crm.my.day", "reach", ({args}) => {
        expect.step(`reach ${args}`);
        return {
            type: "ir.actions.client",
            tag: "crm_relationship.open_link",
            params: {url: "tel:+62811555", target: "_self", next: null},
        };
    });
    await open();
    await click("[data-channel=call]");
    await animationFrame();
    expect.verifySteps(["reach 1,call", "open tel:+62811555"]);
    lost.add("reach");
    await click("[data-channel=call]");
    await animationFrame();
    expect.verifySteps(["lost reach 1", "open tel:+62811555"]);
    await click("[data-channel=email]");
    await animationFrame();
    expect(".o_notification").toHaveText(/A call is possible without one/);
    expect.verifySteps(["lost reach 1"]);
});

test("keys", async () => {
    await open();
    await press("arrowright");
    await animationFrame();
    expect(".o_crm_my_day_card h2").toHaveText("Pak Budi");
    await press("n");
    await animationFrame();
    expect.verifySteps(["note 2 no_answer {}"]);
    await press("l");
    await animationFrame();
    await press("2");
    await animationFrame();
    expect.verifySteps(['note 3 later {"until":"week"}']);
    await press("h");
    await animationFrame();
    expect(".o_crm_my_day_help kbd").toHaveCount(12);
    await press("escape");
    await animationFrame();
    expect(".o_crm_my_day_card h2").toHaveText("Ibu Sri");
    await press("t");
    await animationFrame();
    expect(".o_crm_my_day_note").toBeFocused();
    await press("r");
    expect.verifySteps([]);
});

test("fifty in a row, and the next ones are asked for in time", async () => {
    const names = Array.from({length: 50}, (_unused, index) => `Customer ${index}`);
    const cards = names.map((who, index) => makeCard(index + 1, who));
    const [done] = day.done;
    Object.assign(day, {
        cards: cards.slice(0, 30),
        waiting: 50,
        minutes: 500,
        done: [],
    });
    answer = ({id}) => {
        const left = cards.filter((card) => card.id > id);
        day.done.push({...done, id, who: names[id - 1]});
        Object.assign(day, {cards: left.slice(0, 30), waiting: left.length});
        return {message: "Noted.", undo_id: false};
    };
    await open();
    let reads = 0;
    onRpc("crm.my.day", "get_day", () => {
        reads++;
        return structuredClone(day);
    });
    onRpc("crm.my.day", "note", ({args: [id]}) => answer({id}));
    for (const name of names) {
        expect(".o_crm_my_day_card h2").toHaveText(name);
        await click("[data-what=primary]");
        // slower than a double tap
        await advanceTime(600);
        await animationFrame();
    }
    expect(".o_crm_my_day_rest h2").toHaveText("Done for today");
    expect(reads).toBeLessThan(5);
    expect.verifySteps([]);
});

test("an empty day", async () => {
    Object.assign(day, {cards: [], waiting: 0, minutes: 0, done: [], ahead: 0});
    await open();
    expect(".o_crm_my_day_rest h2").toHaveText("Nobody is waiting for you today");
});

test("the day is that of the device", async () => {
    mockTimeZone("Pacific/Honolulu");
    onRpc("crm.my.day", "get_day", ({kwargs}) => expect.step(kwargs.context.tz));
    await mountWithCleanup(WebClient);
    await getService("action").doAction({
        type: "ir.actions.client",
        tag: "crm_relationship.my_day",
    });
    await animationFrame();
    expect.verifySteps(["Pacific/Honolulu", "get_day"]);
});

test("whoever has time goes on with the days to come", async () => {
    const next = {...day, cards: [makeCard(4, "Pak Joko")], waiting: 1, ahead: 1};
    Object.assign(day, {cards: [], waiting: 0, minutes: 0, done: []});
    onRpc("crm.my.day", "get_day", ({kwargs}) => {
        if (kwargs.goes_on) {
            return structuredClone(next);
        }
    });
    await open();
    expect(".o_crm_my_day_rest").toHaveText(/days to come: 2/);
    await click(".o_crm_my_day_go_on");
    await animationFrame();
    expect(".o_crm_my_day_card h2").toHaveText("Pak Joko");
    next.cards = [];
    next.waiting = 0;
    await click("[data-what=primary]");
    await animationFrame();
    await animationFrame();
    expect(".o_crm_my_day_rest h2").toHaveText("Done for today");
    expect(".o_crm_my_day_go_on").toHaveCount(0);
    expect.verifySteps(["note 4 reached {}"]);
});

test("opened without a connection", async () => {
    lost.add("get_day");
    await mountWithCleanup(WebClient);
    await getService("action").doAction({
        type: "ir.actions.client",
        tag: "crm_relationship.my_day",
    });
    await animationFrame();
    expect(".o_crm_my_day_rest h2").toHaveText("No connection");
    lost.clear();
    await click(".o_crm_my_day_rest button");
    await animationFrame();
    expect(".o_crm_my_day_card h2").toHaveText("Ibu Sri");
    expect.verifySteps(["lost get_day", "get_day"]);
});
