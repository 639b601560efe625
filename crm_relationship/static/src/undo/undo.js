import {_t} from "@web/core/l10n/translation";
import {browser} from "@web/core/browser/browser";
import {registry} from "@web/core/registry";

const TIME_TO_UNDO = 10_000;

/**
 * Tells what a tap has done, and takes it back if it was a mistake.
 *
 * @param {Object} offer what was done, and the id of what can take it back
 * @param {Object} [options] of the notification
 * @returns {Function} that takes the offer away
 */
function offerUndo(env, {message, undo_id: undoId}, options = {}) {
    const close = env.services.notification.add(message, {
        type: "success",
        className: "o_crm_undo",
        autocloseDelay: TIME_TO_UNDO,
        ...options,
        buttons: [
            {
                name: _t("Undo"),
                onClick: async () => {
                    close();
                    const {action, orm} = env.services;
                    const then = await orm.call("crm.interaction.undo", "action_undo", [
                        [undoId],
                    ]);
                    // a message that has not left is open again, above what is reloaded
                    const {draft} = then.params || {};
                    const reload = () => action.doAction(then);
                    await (draft
                        ? action.doAction(draft, {onClose: reload})
                        : reload());
                },
            },
        ],
    });
    return close;
}

/**
 * For buttons of ours, which return what follows. A screen that follows may take longer
 * to open than the offer stands, so its time begins when it is there.
 */
function offerUndoAndGoOn(env, action) {
    const {next, ...offer} = action.params;
    const opens = next?.type === "ir.actions.act_window" && next.target !== "new";
    const close = offerUndo(env, offer, {sticky: opens});
    if (opens) {
        env.bus.addEventListener(
            "ACTION_MANAGER:UI-UPDATED",
            () => browser.setTimeout(close, TIME_TO_UNDO),
            {once: true}
        );
    }
    return next;
}

/** For buttons of Odoo, such as “Mark done”, which return nothing of ours. */
export const undoService = {
    dependencies: ["bus_service", "notification", "orm", "action"],

    start(env, {bus_service: bus}) {
        bus.subscribe("crm_relationship.undo", (offer) => {
            // the other tabs of the same user hear of it as well
            if (!document.hidden) {
                offerUndo(env, offer);
            }
        });
    },
};

registry.category("actions").add("crm_relationship.undo", offerUndoAndGoOn);
registry.category("services").add("crm_relationship.undo", undoService);
