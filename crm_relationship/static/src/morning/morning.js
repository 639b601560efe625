import {
    Component,
    onWillStart,
    onWillUnmount,
    useEffect,
    useRef,
    useState,
} from "@odoo/owl";
import {formatCost, formatCount} from "../touchpoint_matrix/touchpoint_matrix_format";
import {Layout} from "@web/search/layout";
import {_t} from "@web/core/l10n/translation";
import {loadBundle} from "@web/core/assets";
import {registry} from "@web/core/registry";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {useService} from "@web/core/utils/hooks";

const MODEL = "crm.morning";

/** The color that a class of Bootstrap gives here, in light and in dark. */
function getTone(parent, tone) {
    const probe = document.createElement("span");
    probe.className = `text-${tone}`;
    parent.append(probe);
    const {color} = getComputedStyle(probe);
    probe.remove();
    return color;
}

/** A picture of a section, by Odoo's chart library, with its figures for who cannot see it. */
export class MorningChart extends Component {
    static template = "crm_relationship.MorningChart";
    static props = {chart: Object};

    setup() {
        this.canvas = useRef("canvas");
        onWillStart(() => loadBundle("web.chartjs_lib"));
        useEffect(
            () => this.draw(),
            () => [this.props.chart]
        );
        onWillUnmount(() => this.drawn?.destroy());
    }

    draw() {
        this.drawn?.destroy();
        const {type, labels, series} = this.props.chart;
        this.drawn = new window.Chart(this.canvas.el, {
            type,
            data: {
                labels,
                datasets: series.map(({label, values, tone}) => {
                    const color = getTone(this.canvas.el.parentNode, tone);
                    return {
                        label,
                        data: values,
                        backgroundColor: color,
                        borderColor: color,
                        borderWidth: type === "line" ? 2 : 0,
                        pointRadius: 2,
                    };
                }),
            },
            options: this.options,
        });
    }

    get options() {
        const color = getComputedStyle(this.canvas.el.parentNode).color;
        const axis = {ticks: {color, maxRotation: 0}, grid: {display: false}};
        return {
            animation: false,
            maintainAspectRatio: false,
            plugins: {
                legend: {
                    display: this.props.chart.series.length > 1,
                    labels: {color, boxWidth: 12},
                },
            },
            scales: {x: axis, y: {...axis, beginAtZero: true}},
        };
    }
}

/** “This Morning” and “How Am I Doing?”: what the server tells, and the lists behind it. */
export class Morning extends Component {
    static template = "crm_relationship.Morning";
    static components = {Layout, MorningChart};
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
