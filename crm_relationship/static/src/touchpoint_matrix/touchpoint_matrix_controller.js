import {Component} from "@odoo/owl";
import {useBus} from "@web/core/utils/hooks";
import {useModel} from "@web/model/model";
import {useSetupAction} from "@web/search/action_hook";
import {CogMenu} from "@web/search/cog_menu/cog_menu";
import {Layout} from "@web/search/layout";
import {SearchBar} from "@web/search/search_bar/search_bar";
import {useSearchBarToggler} from "@web/search/search_bar/search_bar_toggler";
import {ActionHelper} from "@web/views/action_helper";
import {standardViewProps} from "@web/views/standard_view_props";

export class TouchpointMatrixController extends Component {
    static template = "crm_relationship.TouchpointMatrixView";
    static components = {ActionHelper, CogMenu, Layout, SearchBar};
    static props = {...standardViewProps, Model: Function, Renderer: Function};

    setup() {
        this.model = useModel(this.props.Model, {
            measure: this.props.state?.measure,
        });
        useBus(this.model.bus, "update", () => this.render(true));
        useSetupAction({getLocalState: () => ({measure: this.model.measure})});
        this.searchBarToggler = useSearchBarToggler();
    }

    openSegment(id) {
        this.props.selectRecord(id, {
            activeIds: this.model.data.columns
                .map((column) => column.id)
                .filter(Boolean),
        });
    }
}
