import {
    Component,
    onWillStart,
    onWillUnmount,
    useEffect,
    useRef,
    useState,
} from "@odoo/owl";
import {formatCost, formatCount} from "../touchpoint_matrix/touchpoint_matrix_format";
import {Helps} from "../helps/helps";
import {Layout} from "@web/search/layout";
import {_t} from "@web/core/l10n/translation";
import {formatPercentage} from "@web/views/fields/formatters";
import {getColor} from "@web/core/colors/colors";
import {loadBundle} from "@web/core/assets";
import {registry} from "@web/core/registry";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {useService} from "@web/core/utils/hooks";
import {user} from "@web/core/user";

const MODEL = "crm.effect.report";
const EXPORTER = "base.group_allow_export";
const AGGREGATES = [
    "__count",
    "reached:avg",
    "response:avg",
    "purchase_count:sum",
    "cost:sum",
    "cost:avg",
    "margin:avg",
    "profit:sum",
    "complaint_count:sum",
    "refusal_count:sum",
];
/** Of fewer interactions nothing can be said. */
const FEW = 30;
/** Radius in pixels of the smallest and of the largest bubble. */
const SMALLEST = 5;
const LARGEST = 32;

/** The page “Cost and Effect”: what an interaction costs, and what comes after it. */
export class Effect extends Component {
    static template = "crm_relationship.Effect";
    static components = {Helps, Layout};
    static props = {...standardActionServiceProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.canvas = useRef("canvas");
        this.display = {controlPanel: {}};
        this.state = useState({by: "touchpoint_id", rows: [], frame: null});
        onWillStart(async () => {
            [this.canExport] = await Promise.all([
                user.hasGroup(EXPORTER),
                loadBundle("web.chartjs_lib"),
                this.load(),
            ]);
        });
        useEffect(
            () => this.draw(),
            () => [this.state.rows]
        );
        onWillUnmount(() => this.chart?.destroy());
    }

    get sides() {
        return [
            {id: "touchpoint_id", label: _t("Channel")},
            {id: "segment_id,touchpoint_id", label: _t("Segment and channel")},
            {id: "plan_line_id", label: _t("Plan line")},
            {id: "program_id", label: _t("Program")},
            {id: "program_id,program_step_id", label: _t("Step of a program")},
            {id: "mail_template_id", label: _t("Email Template")},
            {id: "sms_template_id", label: _t("SMS Template")},
            {id: "user_id", label: _t("Salesperson")},
        ];
    }

    get fields() {
        return this.state.by.split(",");
    }

    async load() {
        this.state.frame ??= await this.orm.call(MODEL, "get_frame");
        const {fields} = this;
        const groups = await this.orm.formattedReadGroup(
            MODEL,
            this.domain,
            fields,
            AGGREGATES
        );
        this.state.rows = groups
            .map((group, index) => this.read(group, index))
            .sort((a, b) => b.count - a.count);
    }

    /** What has no line or program was not planned by one, and has no place there. */
    get domain() {
        const {domain, planned} = this.state.frame;
        const needed = this.fields.filter((field) => planned.includes(field));
        return [...domain, ...needed.map((field) => [field, "!=", false])];
    }

    read(group, index) {
        return {
            id: index,
            name: this.fields.map((field) => this.name(group, field)).join(" · "),
            domain: group.__extra_domain,
            count: group.__count,
            reached: group["reached:avg"],
            response: group["response:avg"],
            purchases: group["purchase_count:sum"],
            total: group["cost:sum"],
            cost: group["cost:avg"],
            margin: group["margin:avg"],
            profit: group["profit:sum"],
            complaints: group["complaint_count:sum"],
            refusals: group["refusal_count:sum"],
        };
    }

    name(group, field) {
        return group[field] ? group[field][1] : this.state.frame.nones[field];
    }

    async show(by) {
        this.state.by = by;
        await this.load();
    }

    // ------------------------------------------------------------------
    // What is shown
    // ------------------------------------------------------------------

    get explanation() {
        const {attribution, days} = this.state.frame;
        return attribution === "last"
            ? _t(
                  "Each purchase is put down to the last interaction in the %(days)s days before it. Interactions of the last %(days)s days are not shown: what comes after them is not over.",
                  {days}
              )
            : _t(
                  "Each purchase is put down to all interactions of the %(days)s days before it, in equal parts. Interactions of the last %(days)s days are not shown: what comes after them is not over.",
                  {days}
              );
    }

    get nothing() {
        return _t(
            "Nothing to show yet: no interaction of this kind is older than %(days)s days.",
            this.state.frame
        );
    }

    get helps() {
        const {helps} = this.state.frame;
        return [
            {label: _t("Tried"), help: helps.count},
            {label: _t("Reached"), help: helps.reached},
            {label: _t("Response"), help: helps.response},
            {label: _t("Purchases"), help: helps.purchase_count},
            {label: _t("Cost"), help: helps.cost},
            {label: _t("Margin"), help: helps.margin},
            {label: _t("Margin − cost"), help: helps.profit},
            {label: _t("Complaints"), help: helps.complaint_count},
            {label: _t("Refusals"), help: helps.refusal_count},
        ];
    }

    money(value) {
        return formatCost(value, this.state.frame.currency_id);
    }

    count(value) {
        return formatCount(value);
    }

    share(value) {
        return value === false ? _t("Not known") : formatPercentage(value);
    }

    isFew(row) {
        return row.count < FEW;
    }

    verdict(row) {
        if (this.isFew(row)) {
            return _t("Too few to tell");
        }
        return row.profit >= 0 ? _t("Margin exceeds cost") : _t("Costs more");
    }

    /** Colors go by the name, so that a bubble is found again in the table. */
    color(row) {
        return getColor(row.id, "light", this.state.rows.length);
    }

    radius(row) {
        const most = Math.max(...this.state.rows.map(({count}) => count));
        return SMALLEST + (LARGEST - SMALLEST) * Math.sqrt(row.count / most);
    }

    draw() {
        this.chart?.destroy();
        this.chart = null;
        if (!this.canvas.el || !this.state.rows.length) {
            return;
        }
        this.chart = new window.Chart(this.canvas.el, {
            type: "bubble",
            data: {
                datasets: this.state.rows.map((row) => ({
                    label: row.name,
                    data: [{x: row.cost, y: row.margin, r: this.radius(row)}],
                    backgroundColor: this.color(row) + (this.isFew(row) ? "40" : "b0"),
                })),
            },
            options: this.options,
        });
    }

    get options() {
        const axis = (text) => ({
            title: {display: true, text},
            // no two ticks within a cent, which would be named alike
            ticks: {precision: 2, callback: (value) => this.money(value)},
            beginAtZero: true,
        });
        return {
            maintainAspectRatio: false,
            onClick: (_event, found) =>
                found.length && this.open(this.state.rows[found[0].datasetIndex]),
            plugins: {
                legend: {display: false},
                tooltip: {callbacks: {label: (item) => this.tell(item.datasetIndex)}},
            },
            scales: {
                x: axis(_t("Cost of an interaction")),
                y: axis(_t("Margin that came after it")),
            },
        };
    }

    tell(index) {
        const row = this.state.rows[index];
        return _t(
            "%(name)s: interactions %(count)s, cost %(cost)s, margin %(margin)s",
            {
                name: row.name,
                count: this.count(row.count),
                cost: this.money(row.cost),
                margin: this.money(row.margin),
            }
        );
    }

    // ------------------------------------------------------------------
    // Lists
    // ------------------------------------------------------------------

    async open(row) {
        const action = await this.action.loadAction(
            "crm_relationship.crm_effect_report_action_list"
        );
        return this.action.doAction({
            ...action,
            display_name: row.name,
            domain: [...this.domain, ...row.domain],
        });
    }

    async download() {
        return this.action.doAction(
            await this.orm.call(MODEL, "action_spreadsheet", [[]])
        );
    }

    openAll() {
        return this.action.doAction("crm_relationship.crm_effect_report_action");
    }
}

registry.category("actions").add("crm_relationship.effect", Effect);
