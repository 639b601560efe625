import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

const card = (text) => `.o_kanban_record:contains('${text}')`;

/** The board says it at once; one button, one choice, and the fault is gone. */
const remedy = () => [
    {
        content: "How many there are, and how many are not at fault",
        trigger: `${card("All customers")}:contains('3'):contains('33.3%')`,
    },
    {
        content: "Two have nobody",
        trigger: `${card("No dedicated salesperson")}:contains('2')`,
    },
    {
        content: "What helps",
        trigger: `${card("No dedicated salesperson")} button[name=action_remedy]:visible`,
        run: "click",
    },
    {
        content: "For whom this is",
        trigger:
            ".modal .o_form_view:contains('2'):contains('customers'):contains('Ibu Rukmini')",
    },
];

const assign = () => [
    {
        content: "Assign",
        trigger: ".modal button[name=action_apply]:visible",
        run: "click",
    },
    {
        content: "Nobody is forgotten any more",
        trigger: `body:not(:has(.modal)) ${card("All customers")}:contains('100%')`,
    },
    {
        content: "And the fault is gone",
        trigger: ".o_kanban_view:not(:contains('No dedicated salesperson'))",
    },
];

registry.category("web_tour.tours").add("crm_relationship_care", {
    steps: () => [
        ...stepUtils.goToAppSteps("crm_relationship.crm_relationship_menu_root"),
        {
            content: "Coverage",
            trigger:
                "[data-menu-xmlid='crm_relationship.crm_relationship_menu_coverage']",
            run: "click",
        },
        {
            content: "The board",
            trigger: "[data-menu-xmlid='crm_relationship.crm_care_report_menu']",
            run: "click",
        },
        {
            content: "Who has nobody",
            trigger: `${card("No dedicated salesperson")} .fs-1`,
            run: "click",
        },
        {
            content: "The list behind the number",
            trigger:
                ".o_list_view .o_data_row:contains('Ibu Rukmini'):contains('At fault')",
        },
        {
            content: "Back to the board",
            trigger: ".breadcrumb-item a:contains('Nobody Forgotten')",
            run: "click",
        },
        ...remedy(),
        {
            content: "Who takes over",
            trigger: ".modal .o_field_widget[name=user_id] input",
            run: "edit Tour Sales",
        },
        {
            content: "Choose",
            trigger: ".o-autocomplete--dropdown-item:contains('Tour Sales')",
            run: "click",
        },
        ...assign(),
        {
            content: "How it has been over time",
            trigger: ".o_control_panel button:contains('Over time')",
            run: "click",
        },
        {
            content: "A line for each reason",
            trigger: ".o_graph_view canvas",
        },
        {
            content: "Back to the board",
            trigger: ".breadcrumb-item a:contains('Nobody Forgotten')",
            run: "click",
        },
        {
            content: "Who is where",
            trigger: ".o_control_panel button:contains('By segment')",
            run: "click",
        },
        {
            content: "Segments and states",
            trigger: ".o_pivot_view:contains('Planned')",
        },
    ],
});

registry.category("web_tour.tours").add("crm_relationship_care_phone", {
    steps: () => [
        ...remedy(),
        {
            content: "Who takes over: a phone opens the list on the whole screen",
            trigger: ".modal .o_field_widget[name=user_id] input",
            run: "click",
        },
        {
            content: "Choose",
            trigger:
                ".o_kanban_record:contains('Tour Sales'), .o-autocomplete--dropdown-item:contains('Tour Sales')",
            run: "click",
        },
        ...assign(),
    ],
});
