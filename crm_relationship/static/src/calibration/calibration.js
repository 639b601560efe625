import {Component, onWillStart} from "@odoo/owl";
import {FigureChart} from "../figure_chart/figure_chart";
import {Helps} from "../helps/helps";
import {Layout} from "@web/search/layout";
import {formatCost} from "../touchpoint_matrix/touchpoint_matrix_format";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {useService} from "@web/core/utils/hooks";

/** “How Good Were the Forecasts?”: what was expected of each segment, and what came. */
export class Calibration extends Component {
    static template = "crm_relationship.Calibration";
    static components = {FigureChart, Helps, Layout};
    static props = {...standardActionServiceProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.display = {controlPanel: {}};
        this.money = (value) => formatCost(value, this.page.currency_id);
        onWillStart(async () => {
            this.page = await this.orm.call("crm.forecast", "get_calibration");
        });
    }

    get helps() {
        const {count, expected, actual} = this.page.helps;
        return [
            {label: _t("Forecasts"), help: count},
            {label: _t("Expected"), help: expected},
            {label: _t("Came"), help: actual},
        ];
    }

    async open({name, domain}) {
        const action = await this.action.loadAction(
            "crm_relationship.crm_forecast_action"
        );
        return this.action.doAction({
            ...action,
            name,
            display_name: name,
            domain,
            context: {},
        });
    }
}

registry.category("actions").add("crm_relationship.calibration", Calibration);
