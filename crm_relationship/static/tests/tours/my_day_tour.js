import {browser} from "@web/core/browser/browser";
import {registry} from "@web/core/registry";

import {atMost, atMostInAll, startCounting, tap} from "./taps";

const CARD = ".o_crm_my_day_card h2";
const card = (name) => ({
    content: `${name} is next`,
    trigger: `${CARD}:contains(${name})`,
});
const what = (name) => tap(name, `.o_crm_my_day_taps [data-what=${name}]`);
const reach = (kind) => tap(kind, `.o_crm_my_day_reach [data-channel=${kind}]`);
const opened = (url) => ({
    content: `${url} is opened`,
    trigger: `body[data-opened^='${url}']`,
    run: () => delete document.body.dataset.opened,
});
const noDialog = {content: "The dialog is gone", trigger: "body:not(:has(.modal))"};

/** A morning of ten interactions. */
registry.category("web_tour.tours").add("crm_relationship_my_day", {
    steps: () => [
        {
            content: "Links of the device are only noted",
            trigger: ".o_crm_my_day_progress:contains('0 of 10')",
            run: () => {
                startCounting();
                browser.open = (url) => {
                    document.body.dataset.opened = url;
                };
            },
        },
        card("Ibu Kartini"),
        {
            content: "What to say is there, filled in",
            trigger: ".o_crm_my_day_say blockquote:contains('Dear Ibu Kartini')",
        },
        reach("call"),
        opened("tel:+6281255551234"),
        what("primary"),
        atMost(2, "My Day: call and reached"),
        card("Pak Hasan"),
        reach("call"),
        opened("tel:"),
        what("no_answer"),
        atMost(2, "My Day: call and no answer"),
        {
            content: "It says when the interaction comes back",
            trigger: ".o_crm_my_day_undo:contains('Comes back')",
        },
        card("Ibu Ani"),
        what("later"),
        tap("In a month", ".o_crm_my_day_sheet [data-until=month]"),
        atMost(2, "My Day: later with a date"),
        card("Pak Raden"),
        what("primary"),
        card("Ibu Sri"),
        tap("It was the wrong one", ".o_crm_my_day_undo button"),
        atMost(2, "My Day: a wrong tap and undo"),
        card("Pak Raden"),
        what("more"),
        what("ordered"),
        atMost(2, "My Day: ordered"),
        card("Ibu Sri"),
        reach("whatsapp"),
        opened("https://wa.me/6281255551234"),
        tap("Happy", "[data-mood=positive]"),
        what("primary"),
        atMost(3, "My Day: WhatsApp, mood and reached"),
        card("Pak Bambang"),
        reach("call"),
        {
            content: "Write what the customer complains about",
            trigger: ".o_crm_my_day_note",
            run: "edit It came broken",
        },
        what("more"),
        what("complaint"),
        atMost(3, "My Day: call and complaint"),
        card("Ibu Tien"),
        {
            content: "Write what she asks for",
            trigger: ".o_crm_my_day_note",
            run: "edit A bigger guitar",
        },
        what("more"),
        what("wish"),
        tap("An opportunity", "[data-becomes=opportunity]"),
        atMost(3, "My Day: asks for something"),
        card("Pak Joko"),
        what("more"),
        what("refuses"),
        tap("Selling", ".modal .o_field_widget[name=subject] label:contains(Selling)"),
        {
            content: "In the words of the customer",
            trigger: ".modal .o_field_widget[name=words] textarea",
            run: "edit No more offers",
        },
        tap("The customer said so", ".modal button[name=action_note_said]"),
        noDialog,
        atMost(4, "My Day: reached, and refuses something"),
        card("Pak Bambang"),
        {
            content: "The complaint comes first, and is solved by nothing but Solved",
            trigger:
                ".o_crm_my_day_card .alert-danger:contains('Complaint not solved')",
        },
        what("primary"),
        atMost(1, "My Day: complaint solved"),
        card("Ibu Wati"),
        tap("Into the calendar", ".o_crm_my_day_plan"),
        {content: "It is there", trigger: ".o_crm_my_day_event"},
        reach("visit"),
        opened("https://www.google.com/maps"),
        what("primary"),
        atMost(3, "My Day: visit in the calendar, map and reached"),
        card("Pak Agus"),
        {
            content: "A note",
            trigger: ".o_crm_my_day_note",
            run: "edit Very pleased",
        },
        reach("call"),
        what("primary"),
        atMost(2, "My Day: note, call and reached"),
        atMostInAll(30, "My Day: a morning of ten interactions"),
        {
            content: "Done for today",
            trigger: ".o_crm_my_day_rest:contains('Done for today')",
        },
        {
            content: "All were heard",
            trigger: ".o_crm_my_day:not(:has(.o_crm_my_day_done .fa-clock-o))",
        },
    ],
});
