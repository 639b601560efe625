import {BAR, layOut} from "./segment_flow_layout";
import {Component, onWillStart, useState} from "@odoo/owl";
import {Layout} from "@web/search/layout";
import {_t} from "@web/core/l10n/translation";
import {cookie} from "@web/core/browser/cookie";
import {formatCount} from "../touchpoint_matrix/touchpoint_matrix_format";
import {getColor} from "@web/core/colors/colors";
import {registry} from "@web/core/registry";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {useService} from "@web/core/utils/hooks";

/** Months, and width of the picture, where there is room, and on a phone. */
const DESK = {months: 6, width: 960};
const PHONE = {months: 2, width: 340};

/** The page “Flow between Segments”: a picture, and the same as a table. */
export class SegmentFlow extends Component {
    static template = "crm_relationship.SegmentFlow";
    static components = {Layout};
    static props = {...standardActionServiceProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.ui = useService("ui");
        this.display = {controlPanel: {}};
        this.bar = BAR;
        const {active_model: model, active_id: id} = this.props.action.context || {};
        this.state = useState({
            flow: null,
            focus: model === "crm.segment" ? id : null,
        });
        onWillStart(() => this.load());
    }

    get size() {
        return this.ui.isSmall ? PHONE : DESK;
    }

    async load() {
        const {months} = this.size;
        this.state.flow = await this.orm.call("crm.segment.flow", "get_flow", [months]);
    }

    get flow() {
        return this.state.flow;
    }

    get picture() {
        return layOut(this.flow, this.size.width);
    }

    get segments() {
        return new Map(this.flow.segments.map((segment) => [segment.id, segment.name]));
    }

    color(id) {
        const place = this.flow.segments.findIndex((segment) => segment.id === id);
        return getColor(place, cookie.get("color_scheme"), this.flow.segments.length);
    }

    /** All flows, or those of the segment that somebody looks at. */
    isLit({from, to}) {
        const {focus} = this.state;
        return focus === null || focus === from || focus === to;
    }

    focus(id) {
        this.state.focus = this.state.focus === id ? null : id;
    }

    count(number) {
        return formatCount(number);
    }

    tell({from, to, count}) {
        return _t("%(from)s → %(to)s, customers: %(count)s", {
            from: this.segments.get(from),
            to: this.segments.get(to),
            count: this.count(count),
        });
    }

    /** The newest month first: what moved, then how many stayed. */
    get months() {
        return this.flow.columns
            .slice(1)
            .map((name, step) => {
                const rows = this.flow.flows.filter(
                    (flow) => flow.step === step && this.isLit(flow)
                );
                const moves = rows.filter(({from, to}) => from !== to);
                moves.sort((a, b) => b.count - a.count);
                const stayed = rows.filter(({from, to}) => from === to);
                return {
                    name,
                    step,
                    moves,
                    stayed: stayed.reduce((total, {count}) => total + count, 0),
                };
            })
            .reverse();
    }

    async open({domain, ...flow}) {
        const action = await this.action.loadAction(
            "crm_relationship.crm_relationship_snapshot_action"
        );
        const name = this.tell(flow);
        return this.action.doAction({
            ...action,
            name,
            display_name: name,
            views: [[false, "list"]],
            domain,
            context: {},
        });
    }
}

registry.category("actions").add("crm_relationship.segment_flow", SegmentFlow);
