import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

/** The dialog of the outcome: what was said, how the customer seemed, and one tap. */
const noteOutcome = () => [
    {
        content: "The guidance is there when it is needed",
        trigger: ".modal .alert-info:contains('Listen first')",
    },
    {
        content: "Note what the customer said",
        trigger: ".modal .o_field_widget[name=feedback] textarea",
        run: "edit Very pleased, wants to be visited",
    },
    {
        content: "Note how the customer seemed",
        trigger:
            ".modal .o_field_widget[name=sentiment] .o_selection_badge:contains('Happy')",
        run: "click",
    },
    {
        content: "One tap closes the interaction",
        trigger: ".modal button:contains('Reached')",
        run: "click",
    },
    {
        content: "The dialog is gone",
        trigger: "body:not(:has(.modal))",
    },
];

registry.category("web_tour.tours").add("crm_relationship_queue", {
    url: "/odoo",
    steps: () => [
        ...stepUtils.goToAppSteps("crm_relationship.crm_relationship_menu_root"),
        {
            content: "My Day opens first, with a customer on the card",
            trigger: ".o_crm_my_day_card h2:contains('Ibu Kartini')",
        },
        {
            content: "The queue is beside it",
            trigger: "[data-menu-xmlid='crm_relationship.crm_interaction_menu_queue']",
            run: "click",
        },
        {
            content: "The customer is in the queue",
            trigger:
                ".o_list_view .o_data_row:contains('Ibu Kartini'):contains('Tour call')",
        },
        {
            content: "The interaction of a colleague is not in it",
            trigger: ".o_list_view:not(:contains('Pak Raden'))",
        },
        {
            content: "Record that the interaction took place",
            trigger:
                ".o_data_row:contains('Ibu Kartini') button[name=action_open_outcome]",
            run: "click",
        },
        ...noteOutcome(),
        {
            content: "It is no longer in the queue, the other one stays",
            trigger:
                ".o_list_view:not(:contains('Ibu Kartini')) .o_data_row:contains('Pak Hasan')",
        },
        {
            content: "Nobody answers the other one",
            trigger: ".o_data_row:contains('Pak Hasan') button[name=action_no_answer]",
            run: "click",
        },
        {
            content: "He will be tried again in two days",
            trigger: ".o_data_row:contains('Pak Hasan'):contains('In 2 days')",
        },
    ],
});

registry.category("web_tour.tours").add("crm_relationship_queue_phone", {
    steps: () => [
        {
            content: "On the phone the queue is made of cards",
            trigger: ".o_kanban_record:contains('Ibu Kartini'):contains('Tour call')",
        },
        {
            content: "Record that the interaction took place",
            trigger:
                ".o_kanban_record:contains('Ibu Kartini') button[name=action_open_outcome]",
            run: "click",
        },
        ...noteOutcome(),
        {
            content: "It is no longer in the queue, the other one stays",
            trigger:
                ".o_kanban_view:not(:contains('Ibu Kartini')) .o_kanban_record:contains('Pak Hasan')",
        },
    ],
});
