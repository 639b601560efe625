import {RPCError} from "@web/core/network/rpc";
import {Mutex} from "@web/core/utils/concurrency";
import {Model} from "@web/model/model";
import {ConfirmationDialog} from "@web/core/confirmation_dialog/confirmation_dialog";
import {_t} from "@web/core/l10n/translation";

const SENTENCES = ["UserError", "ValidationError", "AccessError", "MissingError"];

const isSentence = (error) =>
    error instanceof RPCError &&
    SENTENCES.some((name) => error.exceptionName === `odoo.exceptions.${name}`);

/** What the server says about the matrix, and the edits on their way to it. */
export class TouchpointMatrixModel extends Model {
    static services = ["action", "dialog", "notification"];

    setup(params, {action, dialog, notification}) {
        this.action = action;
        this.dialog = dialog;
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
            const answer = await this.mutex.exec(() =>
                this.change(row, column, contacts)
            );
            if (answer.question) {
                this.forget(key, edit);
                this.notify();
            } else {
                this.tell(answer);
                this.offerUndo(answer);
                edit.isSaved = true;
            }
        } catch (error) {
            this.forget(key, edit);
            this.notify();
            this.tellError(error);
        } finally {
            await this.settle();
        }
    }

    /** Change a cell; what means much work is asked about before it is kept. */
    async change(row, column, contacts) {
        const answer = await this.callSegment("set_matrix_cell", column, row, contacts);
        if (!answer.question || !(await this.ask(answer.question))) {
            return answer;
        }
        return this.callSegment("set_matrix_cell", column, row, contacts, true);
    }

    /** Ask a question; whoever closes the dialog in any other way says no. */
    ask(question) {
        return new Promise((resolve) => {
            this.dialog.add(
                ConfirmationDialog,
                {
                    title: _t("A big change"),
                    body: question,
                    confirmLabel: _t("Keep"),
                    confirm: () => resolve(true),
                    cancelLabel: _t("Discard"),
                    cancel: () => resolve(false),
                },
                {onClose: () => resolve(false)}
            );
        });
    }

    /** What meant much work can be taken back with one tap. */
    offerUndo({undo}) {
        if (undo === undefined) {
            return;
        }
        const close = this.notification.add(_t("The change is kept."), {
            type: "success",
            sticky: true,
            buttons: [
                {
                    name: _t("Undo"),
                    primary: true,
                    onClick: async () => {
                        close();
                        await this.takeBack(undo);
                    },
                },
            ],
        });
    }

    /** Let the server store what was stored before; the number alone would not do. */
    async takeBack(undo) {
        try {
            this.tell(
                await this.mutex.exec(() =>
                    this.orm.call("crm.matrix.undo", "action_undo", [[undo]], {
                        context: this.searchParams.context,
                    })
                )
            );
        } catch (error) {
            this.tellError(error);
        }
        await this.reload();
    }

    /** When all edits are saved, fetch the figures that follow from them. */
    async settle() {
        if (this.pending.size && !this.isSaving) {
            await this.reload();
        }
    }

    /** Once, however often somebody types while it is on its way. */
    async openPlan(row, column) {
        if (this.isOpening) {
            return;
        }
        this.isOpening = true;
        try {
            await this.tell(
                await this.callSegment("action_open_matrix_plan", column, row)
            );
        } catch (error) {
            this.tellError(error);
        } finally {
            this.isOpening = false;
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
            return this.action.doAction(action, {onClose: () => this.reload()});
        }
    }

    tellError(error) {
        if (!isSentence(error)) {
            throw error;
        }
        this.notification.add(error.data.message, {type: "danger"});
    }
}
