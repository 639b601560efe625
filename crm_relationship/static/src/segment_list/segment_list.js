import {ListRenderer} from "@web/views/list/list_renderer";
import {listView} from "@web/views/list/list_view";
import {onWillStart, onWillUpdateProps, useState} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";

/**
 * The list of segments, with notices above it: customers who belong to none, and why
 * customers are no longer sorted.
 */
export class SegmentListRenderer extends ListRenderer {
    static template = "crm_relationship.SegmentListRenderer";

    setup() {
        super.setup();
        this.actionService = useService("action");
        this.notices = useState({unassigned: 0, warnings: []});
        // Warnings run all filters on all customers: once is enough
        onWillStart(() => Promise.all([this.countUnassigned(), this.fetchWarnings()]));
        onWillUpdateProps(() => this.countUnassigned());
    }

    async countUnassigned() {
        this.notices.unassigned = await this.orm.call(
            "crm.segment",
            "get_unassigned_count",
            []
        );
    }

    async fetchWarnings() {
        this.notices.warnings = await this.orm.call("crm.segment", "get_warnings", []);
    }

    async showUnassigned() {
        this.actionService.doAction(
            await this.orm.call("crm.segment", "action_view_unassigned", [])
        );
    }
}

registry.category("views").add("crm_segment_list", {
    ...listView,
    Renderer: SegmentListRenderer,
});
