import {ConnectionAbortedError, ConnectionLostError} from "@web/core/network/rpc";
import {_t} from "@web/core/l10n/translation";
import {browser} from "@web/core/browser/browser";
import {registry} from "@web/core/registry";
import {session} from "@web/session";
import {user} from "@web/core/user";

const FIRST_DELAY = 2_000;
const LONGEST_DELAY = 30_000;

export const isLost = (error) =>
    error instanceof ConnectionLostError ||
    error instanceof ConnectionAbortedError ||
    // Whoever has logged in again goes on.
    error.exceptionName === "odoo.http.SessionExpiredException";

/**
 * Sends taps to the server, one after the other, and loses none.
 *
 * What could not be sent is kept by the browser, also when the page is closed, and sent
 * as soon as there is a connection, whatever the user looks at by then. The server knows
 * what it has heard already, so that a tap without an answer is simply sent again.
 *
 * An entry is `{id, who, what, values, key}`: the interaction, the customer's name, what
 * `crm.my.day` is told, and what tells it from those of other tabs, which the browser
 * keeps beside ours.
 */
export class Outbox {
    /**
     * @param {Object} options
     * @param {String} options.key of what the browser keeps
     * @param {Function} options.call sends an entry, gives the answer
     * @param {Function} options.tell tells why an entry was refused
     */
    constructor({key, call, tell}) {
        Object.assign(this, {key, call, tell});
        this.entries = this.recall();
        this.known = new Set(this.entries.map((entry) => entry.key));
        this.isLost = false;
        this.delay = FIRST_DELAY;
        // The screen that wants to know: `{onSent, onRefused, onChange}`; `onRefused`
        // says whether the screen tells the user.
        this.listener = null;
        browser.addEventListener("online", () => this.flush());
    }

    has(id) {
        return this.entries.some((entry) => entry.id === id);
    }

    add(entry) {
        entry.key = `${Date.now()} ${Math.random()}`;
        this.known.add(entry.key);
        this.entries.push(entry);
        this.keep();
        return this.flush();
    }

    /**
     * Take back what was not sent yet.
     *
     * @param {Object} entry
     * @returns {Boolean} false if it is too late
     */
    takeBack(entry) {
        if (this.sending === entry || !this.entries.includes(entry)) {
            return false;
        }
        this.drop(entry);
        return true;
    }

    async flush() {
        browser.clearTimeout(this.timer);
        while (!this.sending && this.entries.length) {
            const [entry] = this.entries;
            this.sending = entry;
            let answer = null;
            try {
                answer = await this.call(entry);
            } catch (error) {
                this.sending = null;
                if (isLost(error)) {
                    return this.waitForConnection();
                }
                this.drop(entry);
                const message = error.data?.message || error.message;
                if (!this.listener?.onRefused(entry, message)) {
                    this.tell(entry, message);
                }
                continue;
            }
            this.sending = null;
            this.isLost = false;
            this.delay = FIRST_DELAY;
            this.drop(entry);
            this.listener?.onSent(entry, answer);
        }
    }

    waitForConnection() {
        this.isLost = true;
        this.listener?.onChange();
        this.timer = browser.setTimeout(() => this.flush(), this.delay);
        this.delay = Math.min(2 * this.delay, LONGEST_DELAY);
    }

    drop(entry) {
        this.entries.splice(this.entries.indexOf(entry), 1);
        this.keep();
    }

    keep() {
        const others = this.recall().filter((entry) => !this.known.has(entry.key));
        const all = [...others, ...this.entries];
        if (all.length) {
            browser.localStorage.setItem(this.key, JSON.stringify(all));
        } else {
            browser.localStorage.removeItem(this.key);
        }
        this.listener?.onChange();
    }

    recall() {
        try {
            return JSON.parse(browser.localStorage.getItem(this.key)) || [];
        } catch {
            return [];
        }
    }
}

export const outboxService = {
    dependencies: ["orm", "notification"],
    start(_env, {orm, notification}) {
        const outbox = new Outbox({
            key: `crm_relationship.my_day.${session.db}.${user.userId}`,
            call: ({id, what, values}) =>
                orm.silent.call("crm.my.day", "note", [id, what, values]),
            tell: ({who}, message) =>
                notification.add(message, {
                    title: _t("%s: not noted", who),
                    type: "danger",
                    sticky: true,
                }),
        });
        outbox.flush();
        return outbox;
    },
};

registry.category("services").add("crm_my_day_outbox", outboxService);
