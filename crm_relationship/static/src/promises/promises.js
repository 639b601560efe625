import {Component, onWillStart, useState} from "@odoo/owl";
import {ConfirmationDialog} from "@web/core/confirmation_dialog/confirmation_dialog";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {formatFloat} from "@web/core/utils/numbers";
import {useService} from "@web/core/utils/hooks";
import {user} from "@web/core/user";
import {Layout} from "@web/search/layout";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {
    formatCost,
    formatCount,
    formatSigned,
} from "../touchpoint_matrix/touchpoint_matrix_format";

const MODEL = "crm.feasibility";
const EXPORTER = "base.group_allow_export";
const MINUTES = 60;
/** A week of which less than this share can be done is red, else yellow. */
const BADLY_SHORT = 0.9;

/** The page “Can we keep our promises?”: figures of the server, and its remedies. */
export class Promises extends Component {
    static template = "crm_relationship.Promises";
    static components = {Layout};
    static props = {...standardActionServiceProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.dialog = useService("dialog");
        this.notification = useService("notification");
        this.display = {controlPanel: {}};
        this.state = useState({page: null, by: "segments", open: null, all: false});
        onWillStart(async () => {
            [this.canExport] = await Promise.all([
                user.hasGroup(EXPORTER),
                this.load(),
            ]);
        });
    }

    async load() {
        this.state.page = await this.orm.call(MODEL, "get_page");
    }

    async download() {
        return this.action.doAction(
            await this.orm.call(MODEL, "action_spreadsheet", [[]])
        );
    }

    // ------------------------------------------------------------------
    // What is shown
    // ------------------------------------------------------------------

    get page() {
        return this.state.page;
    }

    get parts() {
        return [
            {id: "segments", label: _t("Segments")},
            {id: "teams", label: _t("Teams")},
            {id: "people", label: _t("Salespeople")},
        ];
    }

    get rows() {
        const {total, nobody} = this.page;
        return [total, ...this.page[this.state.by], ...(nobody ? [nobody] : [])];
    }

    get best() {
        return this.page.remedies.filter((remedy) => remedy.is_best);
    }

    get others() {
        return this.page.remedies.filter((remedy) => !remedy.is_best);
    }

    hours(minutes) {
        return formatSigned(minutes / MINUTES, (hours) =>
            formatFloat(hours, {digits: [16, hours < 20 ? 1 : 0], trailingZeros: false})
        );
    }

    count(number) {
        return formatCount(number);
    }

    cost(value) {
        return formatCost(value, this.page.currency_id);
    }

    sum(weeks) {
        return weeks.reduce((total, minutes) => total + minutes, 0);
    }

    isTotal(row) {
        return row.id === "total";
    }

    key(row) {
        return `${this.state.by}-${row.id}`;
    }

    /** What is asked for in a week: what came, and what waited from the week before. */
    due(row, week) {
        return row.asked[week] + (week ? row.waiting[week - 1] : 0);
    }

    /** How one week of a row is drawn: its height, what of it waits, and its color. */
    bar(row, week) {
        const due = this.due(row, week);
        const most = Math.max(1, ...row.asked.map((_minutes, w) => this.due(row, w)));
        const waiting = due ? row.waiting[week] / due : 0;
        let color = "bg-success";
        if (row.waiting[week] > 0) {
            color = 1 - waiting < BADLY_SHORT ? "bg-danger" : "bg-warning";
        }
        return {
            color,
            height: due ? Math.max(6, (100 * due) / most) : 0,
            waiting: 100 * waiting,
            title: this.tell(row, week),
        };
    }

    bars(row) {
        return row.asked.map((_minutes, week) => this.bar(row, week));
    }

    tell(row, week) {
        return _t(
            "Week from %(day)s: %(due)s hours due, %(possible)s possible, %(waiting)s wait",
            {
                day: this.page.weeks[week],
                due: this.hours(this.due(row, week)),
                possible: this.hours(row.possible[week]),
                waiting: this.hours(row.waiting[week]),
            }
        );
    }

    toggle(row) {
        const key = this.key(row);
        this.state.open = this.state.open === key ? null : key;
    }

    show(part) {
        this.state.by = part;
        this.state.open = null;
    }

    // ------------------------------------------------------------------
    // Remedies
    // ------------------------------------------------------------------

    async apply(remedy) {
        const {question} = await this.orm.call(MODEL, "apply_remedy", [remedy.key]);
        this.dialog.add(ConfirmationDialog, {
            title: _t("Change the plan?"),
            body: question,
            confirmLabel: _t("Apply"),
            confirm: () => this.carryOut(remedy),
            cancelLabel: _t("Discard"),
            cancel: () => {},
        });
    }

    async carryOut(remedy) {
        const told = await this.orm.call(MODEL, "apply_remedy", [remedy.key, true]);
        const close = this.notification.add(told.message, {
            type: "success",
            sticky: true,
            buttons: [
                {
                    name: _t("Undo"),
                    primary: true,
                    onClick: async () => {
                        close();
                        await this.takeBack(told.undo);
                    },
                },
            ],
        });
        await this.load();
    }

    async takeBack(undo) {
        const {message} = await this.orm.call(MODEL, "undo_remedy", [undo]);
        this.notification.add(message, {type: "info"});
        await this.load();
    }

    openPlan(remedy) {
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "crm.contact.plan",
            res_id: remedy.plan_id,
            views: [[false, "form"]],
        });
    }

    openStaff() {
        this.action.doAction("crm_relationship.res_users_action_staff");
    }

    openAssignment() {
        this.action.doAction("crm_relationship.crm_staff_assignment_action");
    }
}

registry.category("actions").add("crm_relationship.promises", Promises);
