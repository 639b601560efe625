import {registry} from "@web/core/registry";

const preview = ".o_crm_program_preview";

const open = () => [
    {
        content: "What would it bring?",
        trigger: ".o_form_view button[name=action_open_preview]",
        run: "click",
    },
    {
        content: "Who would enter",
        trigger: `${preview} .o_crm_preview_target:contains('Would enter'):contains('2')`,
    },
    {
        content: "When, with what time",
        trigger: `${preview} .o_crm_preview_weeks:contains('Hours needed')`,
    },
    {
        content: "What one customer gets, day by day",
        trigger: `${preview} .o_crm_preview_step:contains('Tour thanks'):contains('by Tour Sales')`,
    },
    {
        content: "What is said",
        trigger: `${preview} .o_crm_preview_step summary`,
        run: "click",
    },
    {
        content: "In the customer's name",
        trigger: `${preview} .o_crm_preview_step:contains('Hello Tour customer')`,
    },
];

/** Who made a program looks at what it would bring, and asks for approval. */
registry.category("web_tour.tours").add("crm_relationship_program_publish", {
    steps: () => [
        ...open(),
        {
            content: "Publish",
            trigger: `${preview} .o_crm_preview_publish`,
            run: "click",
        },
        {
            content: "Another one has to approve",
            trigger: `${preview} .o_crm_preview_state:contains('To Approve')`,
        },
        {
            content: "Not whoever made it",
            trigger: `${preview}:not(:has(.o_crm_preview_approve))`,
        },
    ],
});

/** Another manager looks at the same, and approves. */
registry.category("web_tour.tours").add("crm_relationship_program_approve", {
    steps: () => [
        {
            content: "It waits",
            trigger: ".o_form_view .alert:contains('has to approve it before')",
        },
        ...open(),
        {
            content: "Approve",
            trigger: `${preview} .o_crm_preview_approve`,
            run: "click",
        },
        {
            content: "It runs",
            trigger: `${preview} .o_crm_preview_state:contains('Running')`,
        },
    ],
});

/** A step is changed: customers keep the former one, until they are moved. */
registry.category("web_tour.tours").add("crm_relationship_program_move", {
    steps: () => [
        {
            content: "Somebody follows former steps",
            trigger: ".o_form_view .alert:contains('still follow the steps')",
        },
        {
            content: "Move them",
            trigger: ".o_form_view button[name=action_move_runs]",
            run: "click",
        },
        {
            content: "What it does is said first",
            trigger: ".modal:contains('nothing comes twice') .btn-primary",
            run: "click",
        },
        {
            content: "Nobody follows them any more",
            trigger:
                ".o_form_view:not(:has(.alert:contains('still follow the steps')))",
        },
    ],
});
