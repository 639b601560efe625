import {registry} from "@web/core/registry";

const figure = (name, value) =>
    `.o_form_view .o_field_widget[name=${name}]:contains('${value}')`;

registry.category("web_tour.tours").add("crm_relationship_segments", {
    steps: () => [
        {
            content: "Why the customers are not sorted any more",
            trigger: ".alert-danger:contains('“Broken” cannot be read any more')",
        },
        {
            content: "Who belongs nowhere",
            trigger: ".alert-warning:contains('belong to no segment: 3')",
        },
        {
            content: "Open a segment",
            trigger: ".o_data_row:contains('Best') .o_data_cell[name=name]",
            run: "click",
        },
        {
            content: "Everybody fits as long as there is no condition",
            trigger: figure("preview_count", "3"),
        },
        {
            content: "Ask for a high score",
            trigger: ".o_field_widget[name=monetary_min] input",
            run: "edit 4 && press Tab",
        },
        {
            content: "The preview follows before anything is saved",
            trigger: figure("preview_count", "1"),
        },
        {
            content: "Save",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "It is saved",
            trigger: ".o_form_saved",
        },
    ],
});

registry.category("web_tour.tours").add("crm_relationship_keep", {
    steps: () => [
        {
            content: "Keep the customer in a segment manually",
            trigger: "button:contains('Keep in a Segment')",
            run: "click",
        },
        {
            content: "Which segment",
            trigger: ".modal .o_field_widget[name=segment_id] input",
            run: "edit Best",
        },
        {
            content: "Choose it",
            trigger: ".o-autocomplete--dropdown-item:contains('Best')",
            run: "click",
        },
        {
            content: "Why",
            trigger: ".modal .o_field_widget[name=reason] input",
            run: "edit Opens three more stores",
        },
        {
            content: "Keep",
            trigger: ".modal button[name=action_keep]",
            run: "click",
        },
        {
            content: "The customer is there at once, with the reason",
            trigger:
                "body:not(:has(.modal)) .alert:has(.fa-lock):contains('Opens three more stores')",
        },
        {
            content: "Let the rules decide again",
            trigger: ".alert button[name=action_release_segment]",
            run: "click",
        },
        {
            content: "Nothing is kept any more",
            trigger: ".o_form_view:not(:has(.alert .fa-lock:visible))",
        },
    ],
});
