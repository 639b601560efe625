import {registry} from "@web/core/registry";

/** What stands on the page without another tap. */
const readThePage = () => [
    {
        content: "A complaint is told first, in the customer's words",
        trigger: ".o_form_view .alert-danger:contains('The box was broken')",
    },
    {
        content: "What is planned",
        trigger: ".o_field_widget[name=overview]:contains('Tour next call')",
    },
    {
        content: "What the customer wishes",
        trigger: ".o_field_widget[name=overview]:contains('Prefers: Tour call')",
    },
    {
        content: "What was bought",
        trigger: ".o_field_widget[name=overview]:contains('Last purchase')",
    },
    {
        content: "The line of time has orders, talks, words and mood",
        trigger:
            ".o_field_widget[name=timeline]:contains('Sales order'):contains('Tour talk 0'):contains('Delivered late'):contains('Unhappy')",
    },
    {
        content: "It is no wider than the screen",
        trigger: ".o_form_view",
        run() {
            const sheet = document.querySelector(".o_form_sheet");
            if (sheet.scrollWidth > sheet.clientWidth + 1) {
                throw new Error(
                    `The page is ${sheet.scrollWidth} pixels wide, of ${sheet.clientWidth}`
                );
            }
        },
    },
    {
        content: "The whole line of time",
        trigger: "button[name=action_view_timeline]",
        run: "click",
    },
    {
        content: "It reaches back to the first talk",
        trigger: ".modal .o_field_widget[name=timeline]:contains('Tour talk 10')",
    },
    {
        content: "Close it",
        trigger: ".modal .modal-footer button:contains('Close'), .modal .oi-arrow-left",
        run: "click",
    },
    {
        content: "May I contact?",
        trigger:
            "body:not(:has(.modal)) .o_notebook .nav-link:contains('May I Contact')",
        run: "click",
    },
    {
        content: "The gate answers for each channel; selling waits for the complaint",
        trigger:
            ".o_field_widget[name=contact_permission]:contains('Tour call'):contains('selling waits')",
    },
];

registry.category("web_tour.tours").add("crm_relationship_page", {
    steps: () => [
        {
            content: "From the contact to the customer's page",
            trigger: "button[name=action_view_relationship]",
            run: "click",
        },
        ...readThePage(),
        {
            content: "Note something in the chatter",
            trigger: ".o-mail-Chatter button:contains('Log note')",
            run: "click",
        },
        {
            trigger: ".o-mail-Composer-input",
            run: "edit Likes tea",
        },
        {
            trigger: ".o-mail-Composer-send:enabled",
            run: "click",
        },
        {
            content: "It is there",
            trigger: ".o-mail-Message:contains('Likes tea')",
        },
    ],
});

registry.category("web_tour.tours").add("crm_relationship_page_phone", {
    steps: () => readThePage(),
});
