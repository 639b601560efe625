import {_t} from "@web/core/l10n/translation";
import {browser} from "@web/core/browser/browser";
import {isLost} from "./my_day_outbox";
import {markRaw} from "@odoo/owl";
import {serializeDateTime} from "@web/core/l10n/dates";

const {DateTime} = luxon;

const TIME_TO_UNDO = 10_000;
// With fewer cards at hand, the next ones are asked for.
const FEW = 10;
// What is put off, or wished for, says nothing about the rest of the conversation.
const APART = ["later", "wish"];
const NOT_DONE = ["later"];

/**
 * The day as the screen knows it. A tap shows the next card at once; what the server
 * says of it comes later: a message to undo it, or why it was refused.
 */
export class MyDayModel {
    constructor(orm, outbox, {onLost}) {
        this.orm = orm;
        // What it keeps is compared by identity, and shown by no template.
        this.outbox = markRaw(outbox);
        this.onLost = onLost;
        this.cards = [];
        this.done = [];
        this.currentId = null;
        this.waiting = 0;
        this.minutes = 0;
        this.ahead = 0;
        this.goesOn = false;
        this.isPreview = false;
        this.status = "loading";
        this.entered = {};
        this.refusals = {};
        this.undo = null;
        this.unsent = 0;
        this.isLost = false;
    }

    /** Called once the model is reactive: what happens later is to be seen. */
    start() {
        this.retry = () => this.status === "lost" && this.load();
        browser.addEventListener("online", this.retry);
        this.outbox.listener = {
            onSent: (entry, answer) => this.noteAnswer(entry, answer),
            onRefused: (entry, message) => this.putBack(entry, message),
            onChange: () => this.noteUnsent(),
        };
        this.noteUnsent();
        return this.outbox.flush().then(() => this.load());
    }

    stop() {
        this.outbox.listener = null;
        browser.removeEventListener("online", this.retry);
        browser.clearTimeout(this.undoTimer);
    }

    // ------------------------------------------------------------------
    // Reading
    // ------------------------------------------------------------------

    async load() {
        let day = null;
        try {
            // The day of the device: all other screens show dates in its time zone.
            day = await this.orm.call("crm.my.day", "get_day", [], {
                goes_on: this.goesOn,
                context: {tz: DateTime.now().zoneName},
            });
        } catch (error) {
            if (!isLost(error)) {
                throw error;
            }
            // What is at hand can be worked on.
            this.status = this.cards.length ? "ready" : "lost";
            return;
        }
        const unsent = day.cards.filter((card) => this.outbox.has(card.id));
        this.cards = day.cards.filter((card) => !unsent.includes(card));
        this.done = [
            ...this.done.filter((row) => row.isUnsent),
            ...day.done.filter((row) => !this.outbox.has(row.id)),
        ];
        this.waiting = day.waiting - unsent.length;
        this.minutes =
            day.minutes - unsent.reduce((sum, card) => sum + card.minutes, 0);
        this.ahead = day.ahead;
        this.isPreview = day.is_preview;
        this.status = "ready";
        this.choose(this.currentId);
        await this.readTexts();
    }

    /** Whoever has time takes what is planned for the days to come. */
    goOn() {
        this.goesOn = true;
        return this.load();
    }

    /** What to say of an order takes more to know, and is there a moment later. */
    async readTexts() {
        const ids = this.cards
            .filter((card) => card.is_about_orders && !card.is_told)
            .map((card) => card.id);
        if (!ids.length) {
            return;
        }
        const texts = await this.orm.silent.call("crm.my.day", "get_texts", [ids]);
        for (const card of this.cards) {
            if (texts[card.id]) {
                Object.assign(card, texts[card.id], {is_told: true});
            }
        }
    }

    get current() {
        return this.cards.find((card) => card.id === this.currentId);
    }

    /** Of the day: what was done, and all there is. */
    get progress() {
        const done = this.done.filter((row) => !NOT_DONE.includes(row.outcome)).length;
        return {done, all: done + this.waiting};
    }

    choose(id) {
        const known = this.cards.some((card) => card.id === id);
        this.currentId = known ? id : this.cards[0]?.id || null;
    }

    move(step) {
        const index = this.cards.findIndex((card) => card.id === this.currentId);
        this.choose(this.cards.at((index + step) % this.cards.length)?.id);
    }

    getEntered(id) {
        this.entered[id] ||= {feedback: "", sentiment: false, together: []};
        return this.entered[id];
    }

    // ------------------------------------------------------------------
    // Taps
    // ------------------------------------------------------------------

    /**
     * Note what came of the current card, and go on with the next one.
     *
     * @param {String} what as `crm.my.day` knows it
     * @param {Object} values
     */
    tap(what, values = {}) {
        const card = this.current;
        if (!card) {
            return;
        }
        const index = this.cards.indexOf(card);
        const {feedback, sentiment, together: ticked} = this.getEntered(card.id);
        const together = APART.includes(what) ? [] : ticked;
        const entry = {
            id: card.id,
            who: card.who,
            what,
            values: {
                ...(feedback.trim() ? {feedback} : {}),
                ...(sentiment ? {sentiment} : {}),
                ...(together.length ? {together} : {}),
                ...values,
            },
        };
        delete this.refusals[card.id];
        const settled = this.cards.filter(
            (other) => other === card || together.includes(other.id)
        );
        this.cards = this.cards.filter((other) => !settled.includes(other));
        this.waiting -= settled.length;
        this.minutes -= settled.reduce((sum, {minutes}) => sum + minutes, 0);
        this.done.unshift({
            id: card.id,
            who: card.who,
            name: card.name,
            outcome: what === "wish" ? "reached" : what,
            moment: serializeDateTime(DateTime.now()),
            minutes: card.minutes,
            isUnsent: true,
            card,
        });
        this.choose(this.cards[index]?.id);
        this.offerUndo(entry);
        this.outbox.add(entry);
        if (this.cards.length < FEW && this.waiting > this.cards.length) {
            this.load();
        }
    }

    noteUnsent() {
        this.unsent = this.outbox.entries.length;
        this.isLost = Boolean(this.unsent && this.outbox.isLost);
    }

    noteAnswer(entry, answer) {
        const row = this.done.find(({id, isUnsent}) => id === entry.id && isUnsent);
        if (row) {
            row.isUnsent = false;
        }
        delete this.entered[entry.id];
        // Once all is sent, the server may know of more: a complaint's service.
        const isAll = !this.unsent && !this.cards.length;
        const isOther = entry.what === "complaint" || entry.values.together;
        const isMore = this.status === "ready" && (isAll || isOther);
        if (isMore || this.status === "lost") {
            this.load();
        }
        if (entry.isUndone) {
            return this.takeBack(entry, answer);
        }
        if (this.undo?.id === entry.id) {
            Object.assign(this.undo, {
                message: answer.message,
                undoId: answer.undo_id,
            });
        }
    }

    /**
     * The server says no: the card is back, and says why.
     *
     * @returns {Boolean} false where there is no card to say it
     */
    putBack(entry, message) {
        this.restore(entry);
        this.refusals[entry.id] = message;
        if (entry.values.together) {
            this.load();
        }
        return this.currentId === entry.id;
    }

    restore(entry) {
        if (this.undo?.id === entry.id) {
            this.closeUndo();
        }
        const row = this.done.find(({id}) => id === entry.id);
        this.done = this.done.filter((other) => other !== row);
        if (row?.card) {
            this.cards = [row.card, ...this.cards];
            this.waiting++;
            this.minutes += row.card.minutes;
            this.choose(entry.id);
        }
        Object.assign(this.getEntered(entry.id), {
            feedback: entry.values.feedback || "",
            sentiment: entry.values.sentiment || false,
            together: entry.values.together || [],
        });
    }

    // ------------------------------------------------------------------
    // Undo
    // ------------------------------------------------------------------

    offerUndo(entry, known = {}) {
        browser.clearTimeout(this.undoTimer);
        const message = _t("%s: noted.", entry.who);
        this.undo = {id: entry.id, entry, message, ...known};
        this.undoTimer = browser.setTimeout(() => this.closeUndo(), TIME_TO_UNDO);
    }

    closeUndo() {
        browser.clearTimeout(this.undoTimer);
        this.undo = null;
    }

    /** Take the last tap back: before it is sent, or on the server. */
    async undoLast() {
        if (!this.undo) {
            return;
        }
        const {entry, undoId, message} = this.undo;
        this.closeUndo();
        const sent = this.outbox.entries.find(({id}) => id === entry.id);
        if (sent && this.outbox.takeBack(sent)) {
            return this.restore(entry);
        }
        if (sent) {
            // On its way: taken back when the answer comes.
            sent.isUndone = true;
            return;
        }
        return this.takeBack(entry, {undo_id: undoId, message});
    }

    async takeBack(entry, {undo_id: undoId, message}) {
        try {
            if (undoId) {
                await this.orm.call("crm.interaction.undo", "action_undo", [[undoId]]);
            }
        } catch (error) {
            if (!isLost(error)) {
                throw error;
            }
            this.onLost();
            this.offerUndo(entry, {undoId, message});
            return;
        }
        this.restore(entry);
        await this.load();
    }
}
