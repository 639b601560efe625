import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("crm_relationship_defection", {
    steps: () => [
        {
            content: "The customer says goodbye",
            trigger: "button[name=action_declare_defection]",
            run: "click",
        },
        {
            content:
                "The customer is known already, the reason is not: it is asked for",
            trigger:
                ".modal:contains('Ibu Kartini') .o_field_widget[name=plan_interview] input:checked",
        },
        {
            content: "A time is suggested",
            trigger: ".modal .o_field_widget[name=interview_date]",
        },
        {
            content: "Note it",
            trigger: ".modal button[name=action_declare]",
            run: "click",
        },
        {
            content: "The customer counts as lost at once",
            trigger:
                "body:not(:has(.modal)) .o_form_view .o_field_widget[name=lifecycle_stage]:contains('Lost')",
        },
        {
            content: "The form says why, or will",
            trigger: ".alert:contains('said goodbye')",
        },
        {
            content: "Nobody says goodbye twice",
            trigger: ".o_form_view:not(:has(button[name=action_declare_defection]))",
        },
        {
            content: "Go to the queue",
            trigger: "[data-menu-xmlid='crm_relationship.crm_interaction_menu_queue']",
            run: "click",
        },
        {
            content: "The exit interview is in it",
            trigger:
                ".o_data_row:contains('Ibu Kartini'):contains('Exit interview') button[name=action_open_outcome]",
            run: "click",
        },
        {
            content: "Note what the customer said",
            trigger: ".modal .o_field_widget[name=feedback] textarea",
            run: "edit Found it cheaper elsewhere",
        },
        {
            content: "Choose the reason with one tap",
            trigger:
                ".modal .o_field_widget[name=defection_reason_id] .o_selection_badge:contains('Tour price')",
            run: "click",
        },
        {
            content: "The interview took place",
            trigger: ".modal button:contains('Reached')",
            run: "click",
        },
        {
            content: "It is no longer in the queue",
            trigger:
                "body:not(:has(.modal)) .o_action_manager:not(:contains('Ibu Kartini'))",
        },
    ],
});
