import {browser} from "@web/core/browser/browser";
import {registry} from "@web/core/registry";

import {atMost, startCounting, tap} from "./taps";

const noLinks = {
    content: "Links of the device are only noted",
    trigger: "body",
    run: () => {
        startCounting();
        browser.open = (url) => {
            document.body.dataset.opened = url;
        };
    },
};

const noDialog = {content: "The dialog is gone", trigger: "body:not(:has(.modal))"};

const outcome = (name) => tap(name, `.modal footer button:contains(${name})`);

/** The steps are those of the list and of the cards. */
const work = (row, log) => [
    noLinks,
    tap("Call", `${row("Ibu Kartini")} button[data-channel=call]`),
    {
        content: "The number is dialed",
        trigger: "body[data-opened='tel:+6281255551234']",
    },
    outcome("Reached"),
    noDialog,
    atMost(3, "call and reached"),
    {content: "Not in the queue", trigger: `body:not(:has(${row("Ibu Kartini")}))`},
    {
        content: "It was the wrong one",
        trigger: ".o_crm_undo button:contains(Undo)",
        run: "click",
    },
    {content: "Back in the queue", trigger: row("Ibu Kartini")},
    tap("Done", `${row("Pak Hasan")} button[name=action_open_outcome]`),
    outcome("No answer"),
    noDialog,
    atMost(2, "no answer"),
    {
        content: "It says when the interaction comes back",
        trigger: ".o_crm_undo:contains(Comes back)",
    },
    tap("Done", `${row("Ibu Ani")} button[name=action_open_outcome]`),
    outcome("Later…"),
    tap("In a month", ".modal button:contains(In a month)"),
    noDialog,
    atMost(4, "later with a date"),
    {content: "Not in the queue", trigger: `body:not(:has(${row("Ibu Ani")}))`},
    ...log,
    outcome("Reached"),
    noDialog,
    atMost(5, "log an unplanned call"),
    {
        content: "Somebody without a number",
        trigger: `${row("Pak Raden")} button[data-channel=call][title*='No phone number']`,
        run: "click",
    },
    {
        content: "The number is added in place",
        trigger: ".modal [name=phone] input",
        run: "edit +62 812-5555-9999",
    },
    {
        content: "A text message instead",
        trigger: ".modal button[data-channel=sms]",
        run: "click",
    },
    {
        content: "It can be read and changed before it leaves",
        trigger: ".modal [name=body] textarea:value(Dear Pak Raden)",
        run: "edit Dear Pak Raden, I will call you tomorrow.",
    },
    {
        content: "Send it",
        trigger: ".modal button[name=action_send_sms]:not(:disabled)",
        run: "click",
    },
    noDialog,
    {content: "Not in the queue", trigger: `body:not(:has(${row("Pak Raden")}))`},
    {
        content: "It was the wrong text",
        trigger:
            ".o_crm_undo:contains(will be sent in a few seconds) button:contains(Undo)",
        run: "click",
    },
    {
        content: "It has not left, and can be changed",
        trigger: ".modal [name=body] textarea:value(I will call you tomorrow)",
        run: "edit Dear Pak Raden, I will call you on Monday.",
    },
    {
        content: "Send it again",
        trigger: ".modal button[name=action_send_sms]:not(:disabled)",
        run: "click",
    },
    noDialog,
    {content: "Not in the queue", trigger: `body:not(:has(${row("Pak Raden")}))`},
];

registry.category("web_tour.tours").add("crm_relationship_desk", {
    steps: () =>
        work(
            (name) => `.o_data_row:contains(${name})`,
            [
                tap("Log", "button[name=action_log]"),
                tap("Whom", ".modal [name=partner_id] input"),
                {
                    content: "Type the name",
                    trigger: ".modal [name=partner_id] input",
                    run: "edit Pak Bambang",
                },
                tap("Choose", ".o-autocomplete--dropdown-item:contains(Pak Bambang)"),
            ]
        ),
});

registry.category("web_tour.tours").add("crm_relationship_desk_phone", {
    steps: () =>
        work(
            (name) => `.o_kanban_record:contains(${name})`,
            [
                tap("Log", "button[name=action_log]"),
                tap("Whom", ".modal [name=partner_id] input"),
                tap("Choose", ".modal .o_kanban_record:contains(Pak Bambang)"),
            ]
        ),
});

registry.category("web_tour.tours").add("crm_relationship_desk_customer", {
    steps: () => [
        noLinks,
        tap("WhatsApp", ".o_form_view button[data-channel=whatsapp]"),
        {
            content: "The conversation opens",
            trigger: "body[data-opened='https://wa.me/6281255551234']",
        },
        outcome("Reached"),
        noDialog,
        atMost(5, "log from the customer"),
    ],
});
