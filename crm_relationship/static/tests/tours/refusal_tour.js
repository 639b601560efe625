import {registry} from "@web/core/registry";

import {atMost, startCounting, tap} from "./taps";

const fits = () => ({
    content: "Nothing is wider than the screen",
    trigger: ".modal .modal-dialog",
    run() {
        const dialog = document.querySelector(".modal .modal-dialog");
        if (dialog.scrollWidth > window.innerWidth) {
            throw new Error(`The dialog is ${dialog.scrollWidth} pixels wide`);
        }
    },
});

const subject = (label) => `.modal [name=subject] label:contains('${label}')`;

/** In the queue, from the row or card of a customer. */
const noteRefusal = (row) => [
    {
        content: "Both wait in the queue",
        trigger: `${row}:contains('Ibu Kartini')`,
        run: startCounting,
    },
    tap(
        "She does not want to be called",
        `${row}:contains('Ibu Kartini') button[name=action_note_preference]`
    ),
    fits(),
    tap("This channel", subject("One channel")),
    {
        content: "Which one is known from the interaction",
        trigger: ".modal [name=touchpoint_id] input:value('Tour call')",
    },
    tap("Write down what she said", ".modal [name=words] textarea"),
    {
        content: "In her own words",
        trigger: ".modal [name=words] textarea",
        run: "edit Please stop calling me",
    },
    tap("She said so", ".modal button[name=action_note_said]"),
    atMost(4, "note a refusal", "body:not(:has(.modal))"),
    {
        content: "She has left the queue, which is where we are; the other one stays",
        trigger: `.o_action_manager:not(:contains('Ibu Kartini')) ${row}:contains('Pak Hasan')`,
    },
];

registry.category("web_tour.tours").add("crm_relationship_refusal", {
    steps: () => noteRefusal(".o_data_row"),
});
registry.category("web_tour.tours").add("crm_relationship_refusal_phone", {
    steps: () => noteRefusal(".o_kanban_record"),
});

/** On the contact: the form asks before it saves. */
registry.category("web_tour.tours").add("crm_relationship_refusal_form", {
    steps: () => [
        {
            content: "Open the preferences",
            trigger: ".o_notebook .nav-link[name=relationship]",
            run: "click",
        },
        {
            content: "Nothing is asked yet",
            trigger: ".o_form_view:not(:has(div[name=refusal]))",
        },
        {
            content: "Nobody is to contact the customer any more",
            trigger: "[name=do_not_contact] input",
            run: "click",
        },
        {
            content: "Why",
            trigger: "[name=do_not_contact_reason] input",
            run: "edit Asked me on the phone",
        },
        {
            content: "Did the customer say so?",
            trigger: "div[name=refusal] label:contains('Yes, the customer said so')",
            run: "click",
        },
        {
            content: "In the customer's own words",
            trigger: "div[name=refusal] [name=refusal_words] textarea",
            run: "edit Never call me again",
        },
        {
            content: "Save",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "It is in the history as the customer's decision",
            trigger: ".o_data_row:contains('The customer'):contains('Told to')",
        },
    ],
});

/** A complaint, from the outcome until it is solved. */
const complain = (row) => [
    {
        content: "The customer is called",
        trigger: `${row}:contains('Ibu Kartini') button[name=action_open_outcome]`,
        run: "click",
    },
    {
        content: "What she says",
        trigger: ".modal [name=feedback] textarea",
        run: "edit The guitar has a crack",
    },
    {
        content: "It is a complaint",
        trigger: ".modal button:contains('Complaint')",
        run: "click",
    },
    {
        content: "It is in the queue, in red, under a name that makes sense",
        trigger: `body:not(:has(.modal)) ${row}:contains('Complaint of') .text-danger, body:not(:has(.modal)) ${row}.text-danger:contains('Complaint of')`,
    },
    {
        content: "Open it",
        trigger: `${row}:contains('Complaint of') button[name=action_open_outcome]`,
        run: "click",
    },
    {
        content: "Her words are shown in red",
        trigger: ".modal .alert-danger:contains('The guitar has a crack')",
    },
    fits(),
    {
        content: "It is solved",
        trigger: ".modal button:contains('Solved')",
        run: "click",
    },
    {
        content: "It has left the queue",
        trigger: `.o_action_manager:not(:contains('Complaint of')) ${row}:contains('Pak Hasan')`,
    },
];

registry.category("web_tour.tours").add("crm_relationship_complaint", {
    steps: () => complain(".o_data_row"),
});
registry.category("web_tour.tours").add("crm_relationship_complaint_phone", {
    steps: () => complain(".o_kanban_record"),
});
