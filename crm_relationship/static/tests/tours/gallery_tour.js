import {registry} from "@web/core/registry";

const preview = ".o_crm_program_preview";
const box = (name) => `.o_crm_flow_step:contains('${name}')`;

/** Choose a program from the gallery, look at what it would bring, and start it. */
const choose = (open) => [
    {
        content: "The card draws the steps",
        trigger:
            ".o_kanban_record:contains('Tour welcome') .o_crm_flow_small:contains('Tour letter')",
    },
    {
        content: "Use it",
        trigger:
            ".o_kanban_record:contains('Tour welcome') button:contains('Use This')",
        run: "click",
    },
    {
        content: "A draft that does nothing yet",
        trigger: ".o_form_view .alert-info:contains('nothing is sent')",
    },
    {
        content: "What came of the call decides",
        trigger: ".o_crm_flow_question:contains('Tour call')",
    },
    {
        content: "One side for whoever was reached",
        trigger: `.o_crm_flow_yes ${box("Tour visit")}`,
    },
    {
        content: "The other one for whoever was not",
        trigger: `.o_crm_flow_not ${box("Tour letter")}`,
    },
    {
        content: "Open the first step",
        trigger: box("Tour call"),
        run: "click",
    },
    {
        content: "Preview what it says",
        trigger: ".modal button[name=action_preview]",
        run: "click",
    },
    {
        content: "To a real customer",
        trigger: ".modal .o_field_widget[name=talk_text]:contains('Good morning')",
    },
    {
        content: "Close the preview",
        trigger: ".modal:has([name=talk_text]) footer button:contains('Close')",
        run: "click",
    },
    {
        content: "Close the step",
        trigger: "body:not(:has([name=relationship_id])) .modal .o_form_button_cancel",
        run: "click",
    },
    {
        content: "No dialog lies above the program",
        trigger: "body:not(:has(.modal)) .o_form_view",
    },
    ...open,
    {
        content: "Preview the program",
        trigger: "button[name=action_open_preview]",
        run: "click",
    },
    {
        content: "Who would enter",
        trigger: `${preview} .o_crm_preview_target:contains('Would enter')`,
    },
    {
        content: "What a customer would get, day by day",
        trigger: `${preview} .o_crm_preview_step:contains('Tour call')`,
    },
    {
        content: "No week is wider than the screen",
        trigger: `${preview} .o_crm_preview_weeks`,
        run() {
            if (this.anchor.scrollWidth > this.anchor.clientWidth) {
                throw new Error("The weeks are wider than the screen");
            }
        },
    },
    {
        content: "Publish it there",
        trigger: `${preview} .o_crm_preview_publish`,
        run: "click",
    },
    {
        content: "It runs",
        trigger: `${preview} .o_crm_preview_state:contains('Running')`,
    },
    {
        content: "Go back to the program",
        trigger: ".o_back_button",
        run: "click",
    },
    {
        content: "It is no draft any more",
        trigger: ".o_form_view:not(:has(button[name=action_publish])) .o_crm_flow",
    },
];

/** Who entered, and what has become of the steps. */
const follow = (row, enrollments, cell = "") => [
    {
        content: "The first step was made, one was skipped, and one waits",
        trigger: `.o_crm_flow:has(${box("Tour call")} [data-count=done]):has(${box("Tour letter")} [data-count=skipped])`,
    },
    {
        content: "A visit waits",
        trigger: `${box("Tour visit")} [data-count=waiting]:contains('1 waiting')`,
    },
    ...enrollments,
    {
        content: "The customer goes through it",
        trigger: `${row}:contains('Ibu Sri')${cell}`,
        run: "click",
    },
    {
        content: "Open what was made",
        trigger: `.o_field_widget[name=interaction_ids] ${row}:contains('Tour call')${cell}`,
        run: "click",
    },
    {
        content: "The interaction says what came of it",
        trigger:
            ".o_form_view:contains('Tour call') [name=outcome]:contains('Reached')",
    },
];

const direct = {
    content: "See who entered",
    trigger: "button[name=action_view_enrollments]",
    run: "click",
};

registry.category("web_tour.tours").add("crm_relationship_gallery", {
    steps: () => choose([]),
});
registry.category("web_tour.tours").add("crm_relationship_gallery_phone", {
    steps: () =>
        choose([
            {
                content: "The drawing comes first",
                trigger: ".o_form_sheet:has(.o_crm_flow)",
                run() {
                    const top = (selector) =>
                        this.anchor.querySelector(selector).getBoundingClientRect().top;
                    if (top(".o_crm_flow") > top("[name=objective]")) {
                        throw new Error("Something stands above the drawing");
                    }
                },
            },
            {
                content: "Show the other buttons",
                trigger: ".o_statusbar_buttons .dropdown-toggle",
                run: "click",
            },
        ]),
});
registry.category("web_tour.tours").add("crm_relationship_program_followed", {
    steps: () => follow(".o_data_row", [direct], " .o_data_cell"),
});
registry.category("web_tour.tours").add("crm_relationship_program_followed_phone", {
    steps: () =>
        follow(".o_kanban_record", [
            {
                content: "Show the buttons",
                trigger: ".o_form_view .o-form-buttonbox .o_button_more",
                run: "click",
            },
            direct,
        ]),
});
