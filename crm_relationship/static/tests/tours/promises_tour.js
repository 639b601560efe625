import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

const remedy = ".o_crm_promises_remedy:contains('every 2 months instead')";

/** The page says it at once; a remedy is looked at, applied, and taken back. */
const remedies = () => [
    {
        content: "What is promised, and what people can do",
        trigger: ".o_crm_promises_verdict:contains('1 interactions'):contains('hours')",
    },
    {
        content: "It cannot be kept",
        trigger: ".o_crm_promises_verdict:contains('are missing')",
    },
    {
        content: "All ways to help",
        trigger: "button:contains('More ways')",
        run: "click",
    },
    {
        content: "What a remedy saves, and what is at stake",
        trigger: `${remedy}:contains('hours a day'):contains('Value at stake')`,
    },
    {
        content: "Apply",
        trigger: `${remedy} .o_crm_promises_apply`,
        run: "click",
    },
    {
        content: "What will change",
        trigger: ".modal:contains('This changes the contact plan')",
    },
    {
        content: "Keep it",
        trigger: ".modal .btn-primary:contains('Apply')",
        run: "click",
    },
    {
        content: "The remedy is gone",
        trigger: `.o_crm_promises:not(:has(.modal)):not(:has(${remedy}))`,
    },
    {
        content: "Take it back",
        trigger: ".o_notification button:contains('Undo')",
        run: "click",
    },
    {
        content: "It is there again",
        trigger: remedy,
    },
];

const weeks = () => [
    {
        content: "Week by week, all together",
        trigger: ".o_crm_promises_row:contains('All salespeople') button",
        run: "click",
    },
    {
        content: "Thirteen weeks",
        trigger: ".o_crm_promises_row tbody tr:nth-child(13)",
    },
    {
        content: "By salesperson",
        trigger: ".btn-group button:contains('Salespeople')",
        run: "click",
    },
    {
        content: "Who has how much to do",
        trigger: ".o_crm_promises_row:contains('Tour Sales'):contains('hours needed')",
    },
    {
        content: "And those whom nobody serves",
        trigger: ".o_crm_promises_row:contains('Nobody serves these customers')",
    },
];

registry.category("web_tour.tours").add("crm_relationship_promises", {
    steps: () => [
        ...stepUtils.goToAppSteps("crm_relationship.crm_relationship_menu_root"),
        {
            content: "Coverage",
            trigger:
                "[data-menu-xmlid='crm_relationship.crm_relationship_menu_coverage']",
            run: "click",
        },
        {
            content: "The page",
            trigger: "[data-menu-xmlid='crm_relationship.crm_feasibility_menu']",
            run: "click",
        },
        ...remedies(),
        ...weeks(),
        {
            content: "The plan behind a remedy",
            trigger: `${remedy} button:contains('Plan')`,
            run: "click",
        },
        {
            content: "Its line",
            trigger: ".o_field_widget[name=line_ids] .o_data_row .o_data_cell",
            run: "click",
        },
        {
            content: "Ten times as often",
            trigger: ".modal .o_field_widget[name=times] input",
            run: "edit 10",
        },
        {
            content: "Back to the plan",
            trigger: ".modal .o_form_button_save",
            run: "click",
        },
        {
            content: "A warning, before it is saved",
            trigger:
                ".alert-warning:visible:contains('With this change'):contains('can do')",
        },
        {
            content: "Think again",
            trigger: ".o_form_button_cancel",
            run: "click",
        },
        {
            content: "As it was",
            trigger: ".o_form_saved, .o_form_view:not(:contains('With this change'))",
        },
    ],
});

registry.category("web_tour.tours").add("crm_relationship_promises_phone", {
    steps: () => [...remedies(), ...weeks()],
});
