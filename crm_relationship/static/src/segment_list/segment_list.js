import {onWillStart, onWillUpdateProps, useState} from "@odoo/owl";
import {KanbanRenderer} from "@web/views/kanban/kanban_renderer";
import {ListRenderer} from "@web/views/list/list_renderer";
import {kanbanView} from "@web/views/kanban/kanban_view";
import {listView} from "@web/views/list/list_view";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";

/**
 * What is told above the segments, in the list and on the phone: customers who belong
 * to none, and why customers are no longer sorted.
 *
 * @returns {Object} the notices, and the way to the customers without a segment
 */
function useNotices() {
    const orm = useService("orm");
    const action = useService("action");
    const ask = (method) => orm.call("crm.segment", method, []);
    const notices = useState({
        unassigned: 0,
        warnings: [],
        showUnassigned: async () =>
            action.doAction(await ask("action_view_unassigned")),
    });
    const count = async () => {
        notices.unassigned = await ask("get_unassigned_count");
    };
    const warn = async () => {
        notices.warnings = await ask("get_warnings");
    };
    // Warnings run all filters on all customers: once is enough
    onWillStart(() => Promise.all([count(), warn()]));
    onWillUpdateProps(count);
    return notices;
}

export class SegmentListRenderer extends ListRenderer {
    static template = "crm_relationship.SegmentListRenderer";

    setup() {
        super.setup();
        this.notices = useNotices();
    }
}

export class SegmentKanbanRenderer extends KanbanRenderer {
    static template = "crm_relationship.SegmentKanbanRenderer";

    setup() {
        super.setup();
        this.notices = useNotices();
    }
}

registry.category("views").add("crm_segment_list", {
    ...listView,
    Renderer: SegmentListRenderer,
});
registry.category("views").add("crm_segment_kanban", {
    ...kanbanView,
    Renderer: SegmentKanbanRenderer,
});
