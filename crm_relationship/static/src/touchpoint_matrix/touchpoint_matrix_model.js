import {RPCError} from "@web/core/network/rpc";
import {Mutex} from "@web/core/utils/concurrency";
import {Model} from "@web/model/model";

const SENTENCES = ["UserError", "ValidationError", "AccessError", "MissingError"];

const isSentence = (error) =>
    error instanceof RPCError &&
    SENTENCES.some((name) => error.exceptionName === `odoo.exceptions.${name}`);

/** What the server says about the matrix, and the edits on their way to it. */
export class TouchpointMatrixModel extends Model {
    static services = ["action", "notification"];

    setup(params, {action, notification}) {
        this.action = action;
        this.notification = notification;
        this.measure = params.measure || "contacts";
        this.requests = 0;
        this.mutex = new Mutex();
        this.pending = new Map();
        this.searchParams = {domain: [], context: {}};
    }

    async load({domain, context}) {
        this.searchParams = {domain, context};
        const request = ++this.requests;
        const saved = [...this.pending].filter(([_key, edit]) => edit.isSaved);
        const data = await this.orm.call(
            "crm.segment",
            "get_touchpoint_matrix",
            [domain],
            {context}
        );
        // An answer that arrives after that to a later request is out of date.
        if (request === this.requests || !this.data) {
            this.data = data;
            saved.forEach(([key, edit]) => this.forget(key, edit));
            this.notify();
        }
    }

    reload() {
        return this.load(this.searchParams);
    }

    setMeasure(measure) {
        this.measure = measure;
        this.notify();
    }

    /** Return the number typed into a cell that is not saved yet, or undefined. */
    getPending(row, column) {
        return this.pending.get(`${row.id}-${column.id}`)?.contacts;
    }

    /** Stop showing an edit, unless a newer one of the same cell is shown already. */
    forget(key, edit) {
        if (this.pending.get(key) === edit) {
            this.pending.delete(key);
        }
    }

    get isSaving() {
        return [...this.pending.values()].some((edit) => !edit.isSaved);
    }

    /** Wait until the server has answered all edits, the refused ones included. */
    whenSaved() {
        return this.mutex.getUnlockedDef();
    }

    /** Save one cell; edits are sent one after the other and shown at once. */
    async save(row, column, contacts) {
        const key = `${row.id}-${column.id}`;
        const edit = {contacts, isSaved: false};
        this.pending.set(key, edit);
        this.notify();
        try {
            this.tell(
                await this.mutex.exec(() =>
                    this.callSegment("set_matrix_cell", column, row, contacts)
                )
            );
            edit.isSaved = true;
        } catch (error) {
            this.forget(key, edit);
            this.notify();
            this.tellError(error);
        } finally {
            await this.settle();
        }
    }

    /** When all edits are saved, fetch the figures that follow from them. */
    async settle() {
        if (this.pending.size && !this.isSaving) {
            await this.reload();
        }
    }

    async openPlan(row, column) {
        try {
            this.tell(await this.callSegment("action_open_matrix_plan", column, row));
        } catch (error) {
            this.tellError(error);
        }
    }

    callSegment(method, column, row, ...args) {
        return this.orm.call(
            "crm.segment",
            method,
            [[column.id], row.id || false, ...args],
            {context: this.searchParams.context}
        );
    }

    tell({message, action}) {
        if (message) {
            this.notification.add(message, {type: "info"});
        }
        if (action) {
            this.action.doAction(action, {onClose: () => this.reload()});
        }
    }

    tellError(error) {
        if (!isSentence(error)) {
            throw error;
        }
        this.notification.add(error.data.message, {type: "danger"});
    }
}
