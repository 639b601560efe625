import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

const care = ".o_crm_morning_section[data-section=care]";

/** At a glance: who is at fault and why; each number opens its list. */
const look = () => [
    {
        content: "How many are at fault",
        trigger: `${care}:contains('Customers at fault: 2 of 3')`,
    },
    {
        content: "Who, and why",
        trigger: `${care} .o_crm_morning_row:contains('Tour forgotten'):contains('No dedicated salesperson')`,
    },
    {
        content:
            "What is in the queue, day by day, also for who cannot see the picture",
        trigger: ".o_crm_morning_section[data-section=queue] canvas",
    },
    {
        content: "In words",
        trigger: ".o_crm_morning_section[data-section=queue] table td",
    },
    {
        content: "What is not known yet is told",
        trigger:
            ".o_crm_morning_section[data-section=programs]:contains('Not known yet')",
    },
    {
        content: "The list behind the number",
        trigger: `${care} [data-number=care_no_staff]:contains('2')`,
        run: "click",
    },
];

const back = () => [
    {
        content: "Back",
        trigger: ".o_breadcrumb .o_back_button, .breadcrumb-item a",
        run: "click",
    },
];

registry.category("web_tour.tours").add("crm_relationship_morning", {
    steps: () => [
        ...stepUtils.goToAppSteps("crm_relationship.crm_relationship_menu_root"),
        ...look(),
        {
            content: "Both",
            trigger: ".o_list_view .o_data_row:nth-child(2)",
        },
        {
            content: "Nobody else",
            trigger: ".o_list_view:not(:has(.o_data_row:nth-child(3)))",
        },
        ...back(),
        {
            content: "A customer who is forgotten",
            trigger: `${care} .o_crm_morning_row:contains('Tour forgotten 0')`,
            run: "click",
        },
        {
            content: "The customer's page",
            trigger: ".o_form_view:contains('Tour forgotten 0')",
        },
        ...back(),
        {
            content: "The whole board",
            trigger: `${care} .o_crm_morning_screen`,
            run: "click",
        },
        {
            content: "Nobody Forgotten",
            trigger: ".o_crm_care_board",
        },
    ],
});

registry.category("web_tour.tours").add("crm_relationship_morning_phone", {
    steps: () => [
        ...look(),
        {
            content: "Both, as cards",
            trigger:
                ".o_kanban_view:contains('Tour forgotten 0'):contains('Tour forgotten 1')",
        },
    ],
});

/** A salesperson comes from My Day, and sees nobody else. */
const own = () => [
    {
        content: "From My Day",
        trigger: ".o_crm_my_day_figures:visible",
        run: "click",
    },
    {
        content: "Own customers alone",
        trigger: `${care}:contains('Customers: 1'), ${care}:contains('1 of 1')`,
    },
    {
        content: "Nobody else",
        trigger: ".o_crm_morning:not(:contains('Tour forgotten'))",
    },
    {
        content: "What is in one's queue",
        trigger: ".o_crm_morning [data-number=queue]:contains('1')",
        run: "click",
    },
    {
        content: "Its list",
        trigger:
            ".o_data_row:contains('Tour served'), .o_kanban_record:contains('Tour served')",
    },
];

registry.category("web_tour.tours").add("crm_relationship_morning_own", {
    steps: () => own(),
});

registry.category("web_tour.tours").add("crm_relationship_morning_own_phone", {
    steps: () => [
        {
            content: "The whole day",
            trigger: ".o_crm_my_day_list",
            run: "click",
        },
        ...own(),
    ],
});
