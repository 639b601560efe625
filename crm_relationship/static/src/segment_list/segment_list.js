import {ListRenderer} from "@web/views/list/list_renderer";
import {listView} from "@web/views/list/list_view";
import {onWillStart, onWillUpdateProps, useState} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";

/**
 * The list of segments, with a notice above it when customers belong to none.
 */
export class SegmentListRenderer extends ListRenderer {
    static template = "crm_relationship.SegmentListRenderer";

    setup() {
        super.setup();
        this.orm = useService("orm");
        this.actionService = useService("action");
        this.unassigned = useState({count: 0});
        onWillStart(() => this.countUnassigned());
        onWillUpdateProps(() => this.countUnassigned());
    }

    async countUnassigned() {
        this.unassigned.count = await this.orm.call(
            "crm.segment",
            "get_unassigned_count",
            []
        );
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
