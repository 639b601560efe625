import {registry} from "@web/core/registry";

/** Look for a text: type it, confirm it. The list answers. */
const look = (text, phone) => [
    ...(phone
        ? [
              {
                  content: "On the phone the search is behind its sign",
                  trigger: ".o_control_panel_navigation button:has(.fa-search)",
                  run: "click",
              },
          ]
        : []),
    {
        content: `Look for ${text}`,
        trigger: ".o_searchview_input",
        run: `edit ${text}`,
    },
    {
        content: "Confirm it",
        trigger: ".o_searchview_input",
        run: "press Enter",
    },
];

const found = (phone) => [
    ...look("0813-2610", phone),
    {
        content: "The number is found as people type it, and nobody else",
        trigger:
            ".o_kanban_view:not(:contains('Pak Hasan')) .o_kanban_record:contains('Ibu Kartini')",
    },
    {
        content: "Look for somebody else",
        trigger: ".o_searchview .o_facet_remove",
        run: "click",
    },
    {
        content: "Everybody is there again",
        trigger: ".o_kanban_record:contains('Pak Hasan')",
    },
    ...look("hasan@exa", false),
    {
        content: "Part of an email address is enough",
        trigger:
            ".o_kanban_view:not(:contains('Ibu Kartini')) .o_kanban_record:contains('Pak Hasan')",
    },
    {
        content: "Look for somebody who is not there",
        trigger: ".o_searchview .o_facet_remove",
        run: "click",
    },
    {
        content: "Everybody is there once more",
        trigger: ".o_kanban_record:contains('Ibu Kartini')",
    },
    ...look("Nobody Known", false),
    {
        content: "The answer to a search is not that there are no customers",
        trigger:
            ".o_view_nocontent:contains('Nothing matches your search'):not(:contains('No customer here yet'))",
    },
    {
        content: "Back to all",
        trigger: ".o_searchview .o_facet_remove",
        run: "click",
    },
    {
        content: "Open the customer",
        trigger: ".o_kanban_record:contains('Ibu Kartini')",
        run: "click",
    },
];

const kept = (view) => [
    {
        content: "The interactions of this customer, and of nobody else",
        trigger: `${view}:contains('Ibu Kartini'):not(:contains('Pak Hasan'))`,
    },
    {
        content: "Load the page again",
        trigger: view,
        run: () => window.location.reload(),
        expectUnloadPage: true,
    },
    {
        content: "They are still this customer's",
        trigger: `${view}:contains('Ibu Kartini'):not(:contains('Pak Hasan'))`,
    },
    {
        content: "As if the address came from a bookmark or another tab",
        trigger: view,
        run: () => {
            window.sessionStorage.clear();
            window.location.reload();
        },
        expectUnloadPage: true,
    },
    {
        content: "Still",
        trigger: `${view}:contains('Ibu Kartini'):not(:contains('Pak Hasan'))`,
    },
];

const opened = {
    content: "Open what the button counts",
    trigger: "button[name=action_view_interactions]:contains('1')",
    run: "click",
};

registry.category("web_tour.tours").add("crm_relationship_finding", {
    steps: () => [...found(false), opened, ...kept(".o_list_view")],
});

registry.category("web_tour.tours").add("crm_relationship_finding_phone", {
    steps: () => [
        ...found(true),
        {
            content: "On the phone the buttons are in a menu",
            trigger: ".o_form_view .o-form-buttonbox button",
            run: "click",
        },
        opened,
        ...kept(".o_kanban_view"),
    ],
});
