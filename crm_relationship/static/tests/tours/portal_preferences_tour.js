import {registry} from "@web/core/registry";

const saved = (content) => ({content, trigger: "#preferences_saved"});

const save = (content) => ({
    content,
    trigger: "#preferences_save",
    run: "click",
    expectUnloadPage: true,
});

/* The page by its parts, not by its words: it is the same in every language. */
const steps = (lang, heading, pastContacts) => () => [
    {
        content: "The page speaks the language",
        trigger: `.o_crm_preferences[lang^="${lang}"] h1:contains("${heading}")`,
    },
    {content: "The dedicated person is shown", trigger: "#preferences_staff strong"},
    {
        content: "There is one button to save",
        trigger: "#preferences_save",
        run() {
            const buttons = document.querySelectorAll(
                "#preferences_form [value=save]:not(.visually-hidden)"
            );
            if (buttons.length !== 1 || document.forms.preferences_form.length < 20) {
                throw new Error(`${buttons.length} buttons save`);
            }
            if (document.documentElement.scrollWidth > window.innerWidth) {
                throw new Error("The page is wider than the screen");
            }
            const tapped = ".form-check, td > label, summary, .card a";
            const small = [...document.querySelectorAll(tapped)].filter(
                (target) =>
                    target.checkVisibility() &&
                    target.getBoundingClientRect().height < 44
            );
            if (window.innerWidth < 500 && small.length) {
                throw new Error(`Too small for a finger: ${small[0].outerHTML}`);
            }
        },
    },
    {
        content: "Refuse offers",
        trigger: "#consent_selling_refused",
        run: "click",
    },
    {
        content: "Refuse calls",
        trigger: "#preferences_channels input[type=checkbox][data-kind=call]",
        run: "click",
    },
    {
        content: "Prefer WhatsApp",
        trigger: "#preferences_channels input[type=radio][data-kind=whatsapp]",
        run: "click",
    },
    {
        content: "Pause for a month",
        trigger: "#pause_month",
        run: "click",
    },
    save("One tap saves all of it"),
    saved("It is confirmed"),
    {
        content: "Each of the four is on the list",
        trigger: "#preferences_saved ul:has(li:nth-child(4))",
    },
    {
        content: "It is paused; end it",
        trigger: "#preferences_paused button",
        run: "click",
        expectUnloadPage: true,
    },
    {
        content: "Tick something, and do not save it",
        trigger: "body:not(:has(#preferences_paused)) #consent_relationship_granted",
        run: "click",
    },
    {
        content: "Open what stops everything",
        trigger: "#preferences_stop summary",
        run: "click",
    },
    {
        content: "Give a reason",
        trigger: "#stop_words",
        run: "edit Enough for now",
    },
    {
        content: "Stop everything",
        trigger: "#preferences_stop button[value=stop]",
        run: "click",
        expectUnloadPage: true,
    },
    {
        content: "What was ticked is saved with it",
        trigger: "body:has(#preferences_stopped) #consent_relationship_granted:checked",
    },
    {
        content: "It is stopped; come back",
        trigger: "#preferences_stopped button",
        run: "click",
        expectUnloadPage: true,
    },
    {
        content: "Past contacts are shown, by link after a confirmation",
        trigger: `body:not(:has(#preferences_stopped)) ${pastContacts}`,
    },
    {
        content: "Open the request for erasure",
        trigger: "#preferences_data details:has(#erasure_words) summary",
        run: "click",
    },
    {
        content: "Ask for erasure",
        trigger: "#preferences_data button[value=erasure]",
        run: "click",
        expectUnloadPage: true,
    },
    {content: "The request is noted", trigger: "#preferences_erasure_open"},
];

registry.category("web_tour.tours").add("crm_relationship_preferences_en", {
    steps: steps("en", "How may we contact you?", "#preferences_contacts li"),
});
registry.category("web_tour.tours").add("crm_relationship_preferences_id", {
    steps: steps(
        "id",
        "Bagaimana kami boleh menghubungi Anda?",
        "#preferences_data button[value=code_request]"
    ),
});
