import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

const cell = (touchpoint, segment) =>
    `.o_matrix_grid td[aria-label^='${touchpoint}, ${segment}:']`;

const shows = (touchpoint, segment, contacts) => ({
    content: `${touchpoint} × ${segment} shows ${contacts}`,
    trigger: `${cell(touchpoint, segment)}:not(.o_matrix_pending) .o_matrix_planned:contains(/^${contacts}$/)`,
});

const isActive = (touchpoint, segment) => ({
    content: `${touchpoint} × ${segment} is the active cell`,
    trigger: `${cell(touchpoint, segment)}[tabindex='0']:focus`,
});

const input = ".o_matrix_grid td.o_matrix_editing input";

registry.category("web_tour.tours").add("crm_relationship_matrix", {
    url: "/odoo",
    steps: () => [
        ...stepUtils.goToAppSteps("crm_relationship.crm_relationship_menu_root"),
        {
            content: "Open the reports",
            trigger:
                "button[data-menu-xmlid='crm_relationship.crm_relationship_menu_reporting']",
            run: "click",
        },
        {
            content: "Open the matrix",
            trigger:
                ".o_popover [data-menu-xmlid='crm_relationship.crm_segment_menu_matrix']",
            run: "click",
        },
        // With the mouse: a click opens the cell, Enter saves and moves down
        shows("Tour call", "Tour gold", "2"),
        {
            content: "Open the cell",
            trigger: cell("Tour call", "Tour gold"),
            run: "click",
        },
        {
            content: "Call once a week",
            trigger: input,
            run: "edit 52 && press Enter",
        },
        shows("Tour call", "Tour gold", "52"),
        isActive("Tour WhatsApp", "Tour gold"),
        // With the keyboard alone: a digit opens the cell, Tab saves and moves on
        {
            content: "Type into the active cell",
            trigger: cell("Tour WhatsApp", "Tour gold"),
            run: "press 4",
        },
        {
            content: "The digit is in the cell; go on to the next",
            trigger: input,
            run: "press Tab",
        },
        shows("Tour WhatsApp", "Tour gold", "4"),
        isActive("Tour WhatsApp", "Tour silver"),
        {
            content: "A segment without a plan: half an interaction a year",
            trigger: cell("Tour WhatsApp", "Tour silver"),
            run: "press Enter",
        },
        {
            content: "Fractions are welcome",
            trigger: input,
            run: "edit 0.5 && press ArrowUp",
        },
        shows("Tour WhatsApp", "Tour silver", "0.5"),
        isActive("Tour call", "Tour silver"),
        // What cannot be read stays in the cell, with a sentence; Escape takes it back
        {
            content: "Open the cell",
            trigger: cell("Tour call", "Tour silver"),
            run: "press F2",
        },
        {
            content: "Write what is no number",
            trigger: input,
            run: "edit often && press Enter",
        },
        {
            content: "It is said what is wrong",
            trigger: `${input}.is-invalid + [role=alert]:contains('is not a number')`,
        },
        {
            content: "Take it back",
            trigger: input,
            run: "press Escape",
        },
        isActive("Tour call", "Tour silver"),
        // The server has the last word
        {
            content: "More than every day",
            trigger: cell("Tour call", "Tour silver"),
            run: "press 9",
        },
        {
            content: "Finish the number",
            trigger: input,
            run: "edit 999 && press Enter",
        },
        {
            content: "The sentence of the server",
            trigger:
                ".o_notification:contains('999 interactions a year are not possible')",
        },
        {
            content: "Nothing has changed",
            trigger: `${cell("Tour call", "Tour silver")} .o_matrix_empty`,
        },
        // The other figures
        {
            content: "Look at the cost",
            trigger: "button[data-measure=cost]",
            run: "click",
        },
        {
            content: "Two customers × 52 calls × 0.50",
            trigger: `${cell("Tour call", "Tour gold")} .o_matrix_planned:contains(52)`,
        },
        {
            content: "Cost is not edited",
            trigger: `${cell("Tour call", "Tour gold")}[aria-readonly=true]`,
        },
    ],
});
