import {ConnectionAbortedError, ConnectionLostError} from "@web/core/network/rpc";
import {browser} from "@web/core/browser/browser";

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
 * as soon as there is a connection. The server knows what it has heard already, so that
 * a tap without an answer is simply sent again.
 *
 * An entry is `{id, what, values}` and whatever the screen wants back with the answer.
 */
export class Outbox {
    /**
     * @param {Object} options
     * @param {String} options.key of what the browser keeps
     * @param {Function} options.call sends an entry, gives the answer
     * @param {Function} options.onSent gets the entry and the answer
     * @param {Function} options.onRefused gets the entry and the error
     * @param {Function} options.onChange called when there is more or less to send
     */
    constructor({key, call, onSent, onRefused, onChange}) {
        Object.assign(this, {key, call, onSent, onRefused, onChange});
        this.entries = this.recall();
        this.isLost = false;
        this.delay = FIRST_DELAY;
        this.retry = () => this.flush();
        browser.addEventListener("online", this.retry);
    }

    stop() {
        this.stopped = true;
        browser.clearTimeout(this.timer);
        browser.removeEventListener("online", this.retry);
    }

    has(id) {
        return this.entries.some((entry) => entry.id === id);
    }

    add(entry) {
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
        while (!this.sending && this.entries.length && !this.stopped) {
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
                this.onRefused(entry, error);
                continue;
            }
            this.sending = null;
            this.isLost = false;
            this.delay = FIRST_DELAY;
            this.drop(entry);
            this.onSent(entry, answer);
        }
    }

    waitForConnection() {
        this.isLost = true;
        this.onChange();
        if (!this.stopped) {
            this.timer = browser.setTimeout(this.retry, this.delay);
            this.delay = Math.min(2 * this.delay, LONGEST_DELAY);
        }
    }

    drop(entry) {
        this.entries.splice(this.entries.indexOf(entry), 1);
        this.keep();
    }

    keep() {
        if (this.entries.length) {
            browser.localStorage.setItem(this.key, JSON.stringify(this.entries));
        } else {
            browser.localStorage.removeItem(this.key);
        }
        this.onChange();
    }

    recall() {
        try {
            return JSON.parse(browser.localStorage.getItem(this.key)) || [];
        } catch {
            return [];
        }
    }
}
