import {registry} from "@web/core/registry";
import {TouchpointMatrixController} from "./touchpoint_matrix_controller";
import {TouchpointMatrixModel} from "./touchpoint_matrix_model";
import {TouchpointMatrixRenderer} from "./touchpoint_matrix_renderer";

/** Channels × segments: how often customers are contacted a year, and how. */
export const touchpointMatrixView = {
    type: "touchpoint_matrix",
    Controller: TouchpointMatrixController,
    Model: TouchpointMatrixModel,
    Renderer: TouchpointMatrixRenderer,
    searchMenuTypes: ["filter", "favorite"],

    props: (genericProps, view) => ({
        ...genericProps,
        Model: view.Model,
        Renderer: view.Renderer,
    }),
};

registry.category("views").add("touchpoint_matrix", touchpointMatrixView);
