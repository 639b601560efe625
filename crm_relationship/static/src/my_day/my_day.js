import {Component, markup, onMounted, onWillUnmount, useRef, useState} from "@odoo/owl";
import {deserializeDateTime, formatDate} from "@web/core/l10n/dates";
import {useService} from "@web/core/utils/hooks";
import {MyDayModel} from "./my_day_model";
import {_t} from "@web/core/l10n/translation";
import {browser} from "@web/core/browser/browser";
import {formatCurrency} from "@web/core/currency";
import {isLost} from "./my_day_outbox";
import {registry} from "@web/core/registry";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {useHotkey} from "@web/core/hotkeys/hotkey_hook";

const {DateTime} = luxon;

const MONTHS_NAMED = 3;
const MOODS = [
    {value: "positive", icon: "fa-smile-o", style: "text-success", name: _t("Happy")},
    {value: "neutral", icon: "fa-meh-o", style: "text-muted", name: _t("Neutral")},
    {value: "negative", icon: "fa-frown-o", style: "text-danger", name: _t("Unhappy")},
];
const OUTCOMES = {
    reached: _t("Reached"),
    sent: _t("Sent"),
    ordered: _t("Placed an order"),
    not_now: _t("Not now"),
    complaint: _t("Complaint"),
    solved: _t("Complaint solved"),
    no_answer: _t("No answer"),
    later: _t("Put off"),
};

/** A salesperson's day: one card at a time, worked through with one hand. */
export class MyDay extends Component {
    static template = "crm_relationship.MyDay";
    static props = {...standardActionServiceProps};

    setup() {
        this.orm = useService("orm");
        this.actionService = useService("action");
        this.notification = useService("notification");
        this.ui = useState(useService("ui"));
        this.note = useRef("note");
        this.top = useRef("top");
        this.state = useState({sheet: null, side: false, help: false, reasons: {}});
        this.model = useState(
            new MyDayModel(this.orm, useService("crm_my_day_outbox"), {
                onLost: () => this.warn(_t("There is no connection. Try again.")),
            })
        );
        this.moods = MOODS;
        this.setUpKeys();
        onMounted(() => this.model.start());
        onWillUnmount(() => this.model.stop());
    }

    get card() {
        return this.model.current;
    }

    get entered() {
        return this.model.getEntered(this.card.id);
    }

    // ------------------------------------------------------------------
    // Words
    // ------------------------------------------------------------------

    get progress() {
        const {done, all} = this.model.progress;
        return {
            share: all ? Math.round((100 * done) / all) : 0,
            text: all ? _t("%(done)s of %(all)s", {done, all}) : _t("Today"),
        };
    }

    get timeLeft() {
        const {minutes} = this.model;
        if (minutes <= 0) {
            return "";
        }
        if (minutes < 60) {
            return _t("about %s min to go", minutes);
        }
        return _t("about %(hours)s h %(minutes)s min to go", {
            hours: Math.floor(minutes / 60),
            minutes: minutes % 60,
        });
    }

    markup(html) {
        return markup(html);
    }

    money(amount, currencyId) {
        return formatCurrency(amount, currencyId);
    }

    day(moment) {
        return formatDate(deserializeDateTime(moment));
    }

    hour(moment) {
        return deserializeDateTime(moment).toLocaleString(DateTime.TIME_SIMPLE);
    }

    outcome(name) {
        return OUTCOMES[name] || "";
    }

    mood(value) {
        return MOODS.find((mood) => mood.value === value);
    }

    get months() {
        return Array.from({length: MONTHS_NAMED}, (_unused, index) => ({
            until: index + 1,
            name: _t(
                "In %s",
                DateTime.now()
                    .plus({months: index + 1})
                    .toFormat("LLLL")
            ),
        }));
    }

    get tomorrow() {
        return DateTime.now().plus({days: 1}).toISODate();
    }

    /** The taps that put a card off, in the order of their keys. */
    get laterChips() {
        return [
            {until: "tomorrow", name: _t("Tomorrow")},
            {until: "week", name: _t("In a week")},
            {until: "month", name: _t("In a month")},
            ...this.months,
        ];
    }

    /** What else may have come of it, in the order of their keys. */
    get more() {
        const {is_complaint: isComplaint} = this.card;
        return [
            ...(isComplaint ? [["reached", _t("Reached, not solved yet")]] : []),
            ["ordered", _t("Placed an order")],
            ["not_now", _t("Not now")],
            ["complaint", _t("Complaint")],
        ];
    }

    getClass({own, missing, is_refused: isRefused}) {
        const isOut = missing || isRefused;
        return `${own && !isOut ? "btn-primary" : "btn-secondary"} ${
            isOut ? "opacity-50" : ""
        }`;
    }

    getTitle({name, missing, is_refused: isRefused}) {
        const obstacle = missing || (isRefused && _t("the customer refuses it"));
        return obstacle
            ? _t("%(channel)s: %(obstacle)s", {channel: name, obstacle})
            : name;
    }

    get primary() {
        return this.card.is_complaint
            ? {what: "solved", name: _t("Solved")}
            : {what: "reached", name: _t("Reached")};
    }

    get keys() {
        return [
            ["1 … 5", _t("Call, write or find the way: the buttons, in their order")],
            ["R", this.card ? this.primary.name : _t("Reached")],
            ["N", _t("No answer")],
            ["L", _t("Later…, then 1 to 6")],
            ["M", _t("More…, then 1 to 3")],
            ["W", _t("The customer asks for something")],
            ["F", _t("The customer refuses something")],
            ["T", _t("Write a note")],
            ["U", _t("Undo")],
            ["← →", _t("Another card")],
            ["H", _t("This help")],
            ["Esc", _t("Back")],
        ];
    }

    // ------------------------------------------------------------------
    // Keys
    // ------------------------------------------------------------------

    setUpKeys() {
        const isAvailable = () => Boolean(this.card);
        const keys = {
            r: () => this.tap(this.primary.what),
            n: () => this.tap("no_answer"),
            l: () => this.toggle("later"),
            m: () => this.toggle("more"),
            w: () => this.toggle("wish"),
            f: () => this.noteRefusal(),
            t: () => this.note.el?.focus(),
            arrowright: () => this.move(1),
            arrowleft: () => this.move(-1),
        };
        for (const [key, callback] of Object.entries(keys)) {
            useHotkey(key, callback, {isAvailable});
        }
        for (const number of [1, 2, 3, 4, 5, 6]) {
            useHotkey(String(number), () => this.chooseByNumber(number - 1), {
                isAvailable,
            });
        }
        useHotkey("u", () => this.model.undoLast());
        useHotkey("h", () => (this.state.help = !this.state.help));
        useHotkey("escape", () => this.back(), {bypassEditableProtection: true});
    }

    chooseByNumber(index) {
        if (this.state.sheet === "later") {
            const chip = this.laterChips[index];
            return chip && this.putOff({until: chip.until});
        }
        if (this.state.sheet === "more") {
            const chosen = this.more[index];
            return chosen && this.tapMore(chosen[0]);
        }
        const button = !this.state.sheet && this.card.reach[index];
        return button && this.reach(button);
    }

    back() {
        document.activeElement?.blur?.();
        Object.assign(this.state, {sheet: null, help: false, side: false});
    }

    toggle(sheet) {
        this.state.sheet = this.state.sheet === sheet ? null : sheet;
    }

    // ------------------------------------------------------------------
    // Taps
    // ------------------------------------------------------------------

    /**
     * Of a double tap the second would count for what the first has brought up: the
     * next customer would be noted as reached, and nobody would know.
     */
    skipSecondTap(ev) {
        const shown = `${this.model.currentId} ${this.model.undo?.id}`;
        if (ev.detail > 1 && shown !== this.firstTapped) {
            ev.stopPropagation();
            ev.preventDefault();
        } else {
            this.firstTapped = shown;
        }
    }

    tap(what, values) {
        this.model.tap(what, values);
        this.rest();
    }

    putOff(values) {
        this.tap("later", values);
    }

    onDay(ev) {
        if (ev.target.value) {
            this.putOff({day: ev.target.value});
        }
    }

    wish(values) {
        if (this.isWritten(_t("Write down what the customer asks for."))) {
            this.tap("wish", values);
        }
    }

    /** Whoever settles a complaint has nothing to go by but the customer's words. */
    tapMore(what) {
        if (
            what !== "complaint" ||
            this.isWritten(_t("Write down what the customer complains about."))
        ) {
            this.tap(what);
        }
    }

    /** Ask for words where nothing can be done without them. */
    isWritten(message) {
        const isWritten = Boolean(this.entered.feedback.trim());
        if (!isWritten) {
            this.note.el?.focus();
            this.warn(message);
        }
        return isWritten;
    }

    get notePlaceholder() {
        return this.state.sheet === "wish"
            ? _t("What the customer asks for")
            : _t("What was said (optional)");
    }

    followUp(days) {
        const day = DateTime.now().plus({days}).toISODate();
        this.wish({becomes: "follow_up", day});
    }

    /** What was settled in the same conversation is noted with it. */
    setTogether(id) {
        const {together} = this.entered;
        this.entered.together = together.includes(id)
            ? together.filter((other) => other !== id)
            : [...together, id];
    }

    setMood(value) {
        this.entered.sentiment = this.entered.sentiment === value ? false : value;
    }

    move(step) {
        this.model.move(step);
        this.rest();
    }

    choose(id) {
        this.model.choose(id);
        this.rest();
    }

    /** The next card is read from its top. */
    rest() {
        Object.assign(this.state, {sheet: null, side: false});
        this.top.el?.scrollTo?.(0, 0);
    }

    warn(message) {
        this.notification.add(message, {type: "warning"});
    }

    // ------------------------------------------------------------------
    // Channels and dialogs
    // ------------------------------------------------------------------

    /** The server is asked first: the customer may have refused since. */
    async reach({kind}) {
        const {card} = this;
        let action = null;
        try {
            action = await this.orm.call("crm.my.day", "reach", [card.id, kind]);
        } catch (error) {
            if (!isLost(error)) {
                throw error;
            }
            return this.reachOffline(card, kind);
        }
        return this.open(action);
    }

    /** Without a connection the phone still calls; what was known is shown above. */
    reachOffline(card, kind) {
        if (kind === "call" && card.phone) {
            browser.open(`tel:${card.phone.replace(/\s/g, "")}`, "_self");
        } else {
            this.warn(_t("There is no connection. A call is possible without one."));
        }
    }

    open(action) {
        return this.actionService.doAction(action, {onClose: () => this.onClosed()});
    }

    /** What was noted in a dialog may have closed the card. */
    async onClosed() {
        const id = this.model.currentId;
        await this.model.load();
        if (this.model.currentId !== id) {
            this.rest();
        }
    }

    /** Dialogs of the queue, for what takes more than a tap. */
    async openDialog(method, context = {}) {
        this.open(
            await this.orm.call("crm.interaction", method, [[this.card.id]], {context})
        );
    }

    noteRefusal() {
        return this.openDialog("action_note_preference", {reached: true});
    }

    async log() {
        this.open(await this.orm.call("crm.interaction", "action_log", [[]]));
    }

    async planVisit() {
        const {card} = this;
        const {event} = await this.orm.call("crm.my.day", "plan_visit", [card.id]);
        card.event = event;
    }

    async explain() {
        const {relationship_id: id} = this.card;
        const [row] = await this.orm.read("crm.relationship", [id], ["segment_reason"]);
        this.state.reasons[id] = row?.segment_reason || _t("Nothing more is known.");
    }

    openCustomer() {
        return this.actionService.doAction({
            type: "ir.actions.act_window",
            res_model: "crm.relationship",
            res_id: this.card.relationship_id,
            views: [[false, "form"]],
        });
    }

    openQueue() {
        return this.actionService.doAction(
            "crm_relationship.crm_interaction_action_queue"
        );
    }

    openFigures() {
        return this.actionService.doAction("crm_relationship.crm_morning_action_own");
    }
}

registry.category("actions").add("crm_relationship.my_day", MyDay);
