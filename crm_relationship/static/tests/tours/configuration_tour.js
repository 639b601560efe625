import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

const openConfiguration = (menu) => [
    {
        content: "Open the configuration",
        trigger:
            "button[data-menu-xmlid='crm_relationship.crm_relationship_menu_config']",
        run: "click",
    },
    {
        content: `Choose ${menu}`,
        trigger: `.o_popover [data-menu-xmlid='crm_relationship.${menu}']`,
        run: "click",
    },
];

const create = (title) => [
    {
        content: `Wait for the list of ${title}`,
        trigger: `.o_breadcrumb:contains('${title}')`,
    },
    {
        content: "Begin a new record",
        trigger:
            ".o_control_panel_main_buttons .o_list_button_add, .o-kanban-button-new",
        run: "click",
    },
    {
        content: "The form is empty",
        trigger:
            ".o_form_view .oe_title .o_field_widget[name=name] :is(input, textarea)",
    },
];

const fill = (name, value, scope = ".o_form_view") => ({
    content: `Fill in ${name}`,
    trigger: `${scope} .o_field_widget[name=${name}] :is(input, textarea)`,
    run: `edit ${value}`,
});

const choose = (name, value, scope = ".o_form_view") => [
    fill(name, value, scope),
    {
        content: `Choose ${value}`,
        trigger: `.o-autocomplete--dropdown-item:not(.o_m2o_dropdown_option):contains('${value}')`,
        run: "click",
    },
];

const chooseChannel = (value) => [
    ...choose("touchpoint_ids", value, ".modal"),
    {
        content: `${value} is among the channels`,
        trigger: `.modal .o_field_widget[name=touchpoint_ids] .o_tag:contains('${value}')`,
    },
];

const addLine = (field) => ({
    content: "Add a line",
    trigger: `.o_field_widget[name=${field}] .o_field_x2many_list_row_add a`,
    run: "click",
});

const saveLine = (field, value) => [
    {
        content: "Keep the line",
        trigger: ".modal .o_form_button_save",
        run: "click",
    },
    {
        content: "The line is in the form",
        trigger: `body:not(:has(.modal)) .o_field_widget[name=${field}] .o_data_row:contains('${value}')`,
    },
];

registry.category("web_tour.tours").add("crm_relationship_configuration", {
    url: "/odoo",
    steps: () => [
        ...stepUtils.goToAppSteps("crm_relationship.crm_relationship_menu_root"),
        // A contact plan with one line: twice every three months, WhatsApp, else a call
        ...openConfiguration("crm_contact_plan_menu"),
        ...create("Contact Plans"),
        fill("name", "Tour plan"),
        addLine("line_ids"),
        fill("name", "Ask how it goes", ".modal"),
        fill("times", "2", ".modal"),
        fill("every", "3", ".modal"),
        ...chooseChannel("Tour WhatsApp"),
        ...chooseChannel("Tour call"),
        ...saveLine("line_ids", "2 × every 3 months"),
        ...stepUtils.saveForm(),
        // A segment whose customers follow this plan
        ...openConfiguration("crm_segment_menu"),
        ...create("Segments"),
        fill("name", "Tour segment"),
        ...choose("plan_id", "Tour plan"),
        fill("recency_min", "4"),
        fill("monetary_min", "5"),
        ...stepUtils.saveForm(),
        // A program with one step
        {
            content: "Open the menu of programs",
            trigger: "button[data-menu-xmlid='crm_relationship.crm_program_menu_root']",
            run: "click",
        },
        {
            content: "Open the programs",
            trigger: ".o_popover [data-menu-xmlid='crm_relationship.crm_program_menu']",
            run: "click",
        },
        ...create("Programs"),
        fill("name", "Tour program"),
        addLine("step_ids"),
        fill("name", "Say thank you", ".modal"),
        fill("delay", "3", ".modal"),
        ...chooseChannel("Tour call"),
        ...saveLine("step_ids", "Say thank you"),
        ...stepUtils.saveForm(),
    ],
});
