import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";

const TIME_TO_UNDO = 10_000;

/** Tells what a tap has done, and takes it back if it was a mistake. */
function offerUndo(env, action) {
    const {message, undo_id: undoId, next} = action.params;
    const close = env.services.notification.add(message, {
        type: "success",
        className: "o_crm_undo",
        autocloseDelay: TIME_TO_UNDO,
        buttons: [
            {
                name: _t("Undo"),
                onClick: async () => {
                    close();
                    const then = await env.services.orm.call(
                        "crm.interaction.undo",
                        "action_undo",
                        [[undoId]]
                    );
                    await env.services.action.doAction(then);
                },
            },
        ],
    });
    return next;
}

registry.category("actions").add("crm_relationship.undo", offerUndo);
