import {registry} from "@web/core/registry";

const box = (name) => `.o_crm_flow_step:contains('${name}')`;

/** Choose a program from the gallery, look at what it says, and start it. */
const choose = () => [
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
        content: "Publish the program",
        trigger: "body:not(:has(.modal)) button[name=action_publish]",
        run: "click",
    },
    {
        content: "It is no draft any more",
        trigger: ".o_form_view:not(:has(button[name=action_publish])) .o_crm_flow",
    },
];

/** Who entered, and what has become of the steps. */
const follow = (row, enrollments) => [
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
        trigger: `${row}:contains('Ibu Sri')`,
    },
];

const direct = {
    content: "See who entered",
    trigger: "button[name=action_view_enrollments]",
    run: "click",
};

registry.category("web_tour.tours").add("crm_relationship_gallery", {
    steps: choose,
});
registry.category("web_tour.tours").add("crm_relationship_program_followed", {
    steps: () => follow(".o_data_row", [direct]),
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
