import {Component, onWillStart, useState} from "@odoo/owl";
import {formatCost, formatCount} from "../touchpoint_matrix/touchpoint_matrix_format";
import {FigureChart} from "../figure_chart/figure_chart";
import {Helps} from "../helps/helps";
import {Layout} from "@web/search/layout";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {useService} from "@web/core/utils/hooks";

const MODEL = "crm.morning";

/** “This Morning” and “How Am I Doing?”: what the server tells, and the lists behind it. */
export class Morning extends Component {
    static template = "crm_relationship.Morning";
    static components = {FigureChart, Helps, Layout};
    static props = {...standardActionServiceProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.display = {controlPanel: {}};
        this.state = useState({page: null});
        onWillStart(() => this.load());
    }

    get isOwn() {
        return Boolean(this.props.action.params?.own);
    }

    async load() {
        const method = this.isOwn ? "get_own_page" : "get_page";
        this.state.page = await this.orm.call(MODEL, method);
    }

    // ------------------------------------------------------------------
    // What is shown
    // ------------------------------------------------------------------

    get page() {
        return this.state.page;
    }

    value({value, kind}) {
        if (value === false) {
            return _t("Not known yet");
        }
        return kind === "money" ? this.money(value) : formatCount(value);
    }

    money(value) {
        return formatCost(value, this.page.currency_id);
    }

    /** Zero is no news: it keeps its place, without a color. */
    tone({value, tone}) {
        return value ? tone : "muted";
    }

    /** Where shares are told, they are drawn, too. */
    hasBars({numbers}) {
        return numbers.some(({share}) => share !== undefined);
    }

    // ------------------------------------------------------------------
    // Lists
    // ------------------------------------------------------------------

    async open({xml_id: xmlId, name, domain, res_id: resId}) {
        if (!domain && !resId) {
            return this.action.doAction(xmlId);
        }
        const action = await this.action.loadAction(xmlId);
        if (resId) {
            const [form] = action.views.filter(([, kind]) => kind === "form");
            return this.action.doAction({
                type: "ir.actions.act_window",
                name,
                res_model: action.res_model,
                res_id: resId,
                views: [form || [false, "form"]],
            });
        }
        return this.action.doAction({
            ...action,
            name,
            display_name: name,
            domain,
            context: {},
        });
    }
}

registry.category("actions").add("crm_relationship.morning", Morning);
