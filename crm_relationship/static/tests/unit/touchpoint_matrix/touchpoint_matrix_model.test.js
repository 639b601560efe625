import {beforeEach, Deferred, describe, expect, test, tick} from "@odoo/hoot";
import {allowTranslations, makeServerError} from "@web/../tests/web_test_helpers";
import {TouchpointMatrixModel} from "@crm_relationship/touchpoint_matrix/touchpoint_matrix_model";
import {makeCell, makeMatrix} from "./touchpoint_matrix_test_helpers";

describe.current.tags("headless");

const SAVED = {message: false, action: false};
const refusal = (message) => makeServerError({type: "ValidationError", message});

/** The calls that the server has not answered yet, oldest first. */
let calls;
let model;

beforeEach(() => {
    allowTranslations();
    calls = [];
    const orm = {
        call(resModel, method, args, {context}) {
            const answer = new Deferred();
            calls.push({method, args, context, answer});
            return answer;
        },
    };
    const notification = {
        add(message, {type, buttons}) {
            expect.step(`${type}: ${message}`);
            notification.buttons = buttons;
            return () => expect.step("closed");
        },
    };
    const dialog = {
        add(_component, props, {onClose}) {
            expect.step(`ask ${props.body}`);
            Object.assign(dialog, props, {onClose});
        },
    };
    const action = {
        doAction({name}, {onClose}) {
            expect.step(`open ${name}`);
            action.close = onClose;
        },
    };
    model = new TouchpointMatrixModel({}, {}, {orm, notification, action, dialog});
});

/** Return the only call under way, and take it off the list. */
function nextCall(method) {
    expect(calls.map((call) => call.method)).toEqual([method]);
    return calls.pop();
}

async function answer(method, result) {
    nextCall(method).answer.resolve(result);
    await tick();
}

async function refuse(method, error) {
    nextCall(method).answer.reject(error);
    await tick();
}

const answerLoad = (data = makeMatrix()) => answer("get_touchpoint_matrix", data);
const answerSave = (result = SAVED) => answer("set_matrix_cell", result);

async function loadMatrix() {
    const loading = model.load({domain: [], context: {lang: "id_ID"}});
    await answerLoad();
    await loading;
}

/** Edit a cell of the loaded matrix without waiting for the server. */
function edit(rowIndex, columnIndex, contacts) {
    const row = model.data.rows[rowIndex];
    const column = model.data.columns[columnIndex];
    return model.save(row, column, contacts);
}

const pending = (rowIndex, columnIndex) =>
    model.getPending(model.data.rows[rowIndex], model.data.columns[columnIndex]);

const withContacts = (contacts) => {
    const data = makeMatrix();
    data.rows[0].cells[0] = makeCell({contacts});
    return data;
};

describe("loading", () => {
    test("the matrix is that of the search", async () => {
        const domain = [["name", "=", "Gold"]];
        const loading = model.load({domain, context: {lang: "id_ID"}});
        const call = nextCall("get_touchpoint_matrix");
        expect(call.args).toEqual([domain]);
        expect(call.context).toEqual({lang: "id_ID"});
        const data = makeMatrix();
        call.answer.resolve(data);
        await loading;
        expect(model.data).toBe(data);
    });

    test("an answer that comes after that of a later search is dropped", async () => {
        await loadMatrix();
        model.load({domain: [["id", "=", 1]], context: {}});
        model.load({domain: [["id", "=", 2]], context: {}});
        const [first, second] = calls;
        const latest = makeMatrix();
        second.answer.resolve(latest);
        await tick();
        first.answer.resolve(makeMatrix());
        await tick();
        expect(model.data).toBe(latest);
    });

    test("the first answer is taken whatever else is asked meanwhile", async () => {
        model.load({domain: [], context: {}});
        model.load({domain: [["id", "=", 2]], context: {}});
        const [first, second] = calls;
        const data = makeMatrix();
        first.answer.resolve(data);
        await tick();
        expect(model.data).toBe(data);
        const latest = makeMatrix();
        second.answer.resolve(latest);
        await tick();
        expect(model.data).toBe(latest);
    });

    test("the view is told of new figures, not of those that come too late", async () => {
        await loadMatrix();
        model.bus.addEventListener("update", () => expect.step("update"));
        model.load({domain: [], context: {}});
        model.load({domain: [], context: {}});
        const [first, second] = calls;
        second.answer.resolve(makeMatrix());
        await tick();
        expect.verifySteps(["update"]);
        first.answer.resolve(makeMatrix());
        await tick();
        expect.verifySteps([]);
    });

    test("reloading asks the same again", async () => {
        await loadMatrix();
        model.reload();
        const data = makeMatrix();
        expect(calls[0].context).toEqual({lang: "id_ID"});
        await answerLoad(data);
        expect(model.data).toBe(data);
    });

    test("the measure is kept from the last visit", () => {
        const services = {orm: {}, action: {}, notification: {}};
        expect(model.measure).toBe("contacts");
        const again = new TouchpointMatrixModel({}, {measure: "hours"}, services);
        expect(again.measure).toBe("hours");
        again.bus.addEventListener("update", () => expect.step("update"));
        again.setMeasure("cost");
        expect(again.measure).toBe("cost");
        expect.verifySteps(["update"]);
    });
});

describe("saving", () => {
    beforeEach(loadMatrix);

    test("an edit is shown at once, saved, and followed by new figures", async () => {
        edit(0, 0, 52);
        expect(pending(0, 0)).toBe(52);
        await tick();
        expect(calls[0].args).toEqual([[1], 11, 52]);
        expect(calls[0].context).toEqual({lang: "id_ID"});
        await answerSave();
        expect(pending(0, 0)).toBe(52);
        await answerLoad(withContacts(52));
        expect(pending(0, 0)).toBe(undefined);
        expect(model.data.rows[0].cells[0].contacts).toBe(52);
        expect(calls).toEqual([]);
    });

    test("the row for any channel has no channel", async () => {
        model.save({id: 0}, {id: 1}, 4);
        await tick();
        expect(nextCall("set_matrix_cell").args).toEqual([[1], false, 4]);
    });

    test("edits are sent one after the other, figures fetched once", async () => {
        edit(0, 0, 52);
        edit(0, 1, 4);
        await tick();
        expect(calls[0].args).toEqual([[1], 11, 52]);
        await answerSave();
        expect(calls[0].args).toEqual([[2], 11, 4]);
        expect([pending(0, 0), pending(0, 1)]).toEqual([52, 4]);
        await answerSave();
        await answerLoad();
        expect([pending(0, 0), pending(0, 1)]).toEqual([undefined, undefined]);
        expect(calls).toEqual([]);
    });

    test("the second edit of a cell outlives the answer to the first", async () => {
        edit(0, 0, 5);
        edit(0, 0, 52);
        expect(pending(0, 0)).toBe(52);
        await tick();
        expect(calls[0].args).toEqual([[1], 11, 5]);
        await answerSave();
        expect(pending(0, 0)).toBe(52);
        expect(calls[0].args).toEqual([[1], 11, 52]);
        await answerSave();
        await answerLoad();
        expect(pending(0, 0)).toBe(undefined);
    });

    test("an edit made while figures are fetched outlives them", async () => {
        edit(0, 0, 5);
        await tick();
        await answerSave();
        const [load] = calls.splice(0);
        edit(0, 0, 52);
        edit(1, 0, 1);
        await tick();
        load.answer.resolve(withContacts(5));
        await tick();
        expect([pending(0, 0), pending(1, 0)]).toEqual([52, 1]);
        await answerSave();
        await answerSave();
        await answerLoad();
        expect([pending(0, 0), pending(1, 0)]).toEqual([undefined, undefined]);
    });

    test("a saved number stays until an answer that knows it is shown", async () => {
        edit(0, 0, 52);
        await tick();
        await answerSave();
        const [figures] = calls.splice(0);
        model.load({domain: [["name", "=", "Gold"]], context: {}});
        figures.answer.resolve(withContacts(52));
        await tick();
        expect(pending(0, 0)).toBe(52);
        expect(model.data.rows[0].cells[0].contacts).toBe(12);
        await answerLoad(withContacts(52));
        expect(pending(0, 0)).toBe(undefined);
    });

    test("an answer that was on its way before the edit was saved is too old", async () => {
        model.load({domain: [["name", "=", "Gold"]], context: {}});
        const [search] = calls.splice(0);
        edit(0, 0, 52);
        await tick();
        search.answer.resolve(makeMatrix());
        await tick();
        expect(pending(0, 0)).toBe(52);
        await answerSave();
        await answerLoad(withContacts(52));
        expect(pending(0, 0)).toBe(undefined);
    });

    test("what the server says is told, what it opens is opened", async () => {
        edit(0, 0, 5);
        await tick();
        await answerSave({message: "Change it in the plan.", action: {name: "Care"}});
        expect.verifySteps(["info: Change it in the plan.", "open Care"]);
        await answerLoad();
        expect(pending(0, 0)).toBe(undefined);
        model.action.close();
        await answerLoad(withContacts(7));
        expect(model.data.rows[0].cells[0].contacts).toBe(7);
    });
});

describe("much work", () => {
    const QUESTION = {...SAVED, question: "500 more. Keep this?"};

    beforeEach(async () => {
        await loadMatrix();
        edit(0, 0, 52);
        await tick();
        await answerSave(QUESTION);
        expect.verifySteps(["ask 500 more. Keep this?"]);
    });

    test("is kept when it is confirmed, and can be undone", async () => {
        model.dialog.confirm();
        await tick();
        const save = nextCall("set_matrix_cell");
        expect(save.args).toEqual([[1], 11, 52, true]);
        save.answer.resolve({...SAVED, undo: 7});
        await tick();
        expect.verifySteps(["success: The change is kept."]);
        await answerLoad(withContacts(52));
        model.notification.buttons[0].onClick();
        await tick();
        const undo = nextCall("action_undo");
        expect(undo.args).toEqual([[7]]);
        undo.answer.resolve(SAVED);
        await tick();
        expect.verifySteps(["closed"]);
        await answerLoad(withContacts(12));
        expect(model.data.rows[0].cells[0].contacts).toBe(12);
    });

    test("is not kept otherwise", async () => {
        expect(pending(0, 0)).toBe(52);
        model.dialog.onClose();
        await tick();
        expect(pending(0, 0)).toBe(undefined);
        expect(calls).toEqual([]);
        expect(model.data.rows[0].cells[0].contacts).toBe(12);
    });
});

describe("leaving", () => {
    beforeEach(loadMatrix);

    test("there is nothing to wait for where nothing is being saved", async () => {
        expect(model.isSaving).toBe(false);
        await model.whenSaved();
    });

    test("all edits are waited for, the figures are not", async () => {
        edit(0, 0, 52);
        edit(0, 1, 4);
        model.whenSaved().then(() => expect.step("saved"));
        await tick();
        await answerSave();
        expect(model.isSaving).toBe(true);
        expect.verifySteps([]);
        await answerSave();
        expect(model.isSaving).toBe(false);
        expect.verifySteps(["saved"]);
    });

    test("a refused edit keeps nobody", async () => {
        edit(0, 0, 999);
        model.whenSaved().then(() => expect.step("saved"));
        await tick();
        await refuse("set_matrix_cell", refusal("Too many."));
        expect(model.isSaving).toBe(false);
        expect.verifySteps(["saved", "danger: Too many."]);
    });
});

describe("failing", () => {
    beforeEach(loadMatrix);

    test("a refused edit is taken back with the server's sentence", async () => {
        edit(0, 0, 999);
        await tick();
        await refuse("set_matrix_cell", refusal("999 are not possible."));
        expect(pending(0, 0)).toBe(undefined);
        expect.verifySteps(["danger: 999 are not possible."]);
        expect(calls).toEqual([]);
    });

    test("a refused edit leaves the newer one of the same cell alone", async () => {
        edit(0, 0, 999);
        edit(0, 0, 52);
        await tick();
        await refuse("set_matrix_cell", refusal("Too many."));
        expect(pending(0, 0)).toBe(52);
        await answerSave();
        await answerLoad();
        expect(pending(0, 0)).toBe(undefined);
        expect.verifySteps(["danger: Too many."]);
    });

    test("a refused edit does not keep back the figures of the others", async () => {
        edit(0, 0, 52);
        edit(0, 1, 999);
        await tick();
        await answerSave();
        await refuse("set_matrix_cell", refusal("Too many."));
        await answerLoad(withContacts(52));
        expect([pending(0, 0), pending(0, 1)]).toEqual([undefined, undefined]);
        expect.verifySteps(["danger: Too many."]);
    });

    test("an unforeseen error is thrown, and keeps back no figures either", async () => {
        edit(0, 0, 52);
        const second = edit(0, 1, 4);
        await tick();
        await answerSave();
        const lost = new Error("The connection was lost.");
        second.catch((error) => expect.step(error.message));
        await refuse("set_matrix_cell", lost);
        await answerLoad(withContacts(52));
        expect([pending(0, 0), pending(0, 1)]).toEqual([undefined, undefined]);
        expect(model.data.rows[0].cells[0].contacts).toBe(52);
        expect.verifySteps(["The connection was lost."]);
    });

    test("the plan of a cell is opened, or it is said why not", async () => {
        const [row] = model.data.rows;
        const [column] = model.data.columns;
        model.openPlan(row, column);
        expect(calls[0].args).toEqual([[1], 11]);
        await answer("action_open_matrix_plan", {
            message: false,
            action: {name: "Care"},
        });
        expect.verifySteps(["open Care"]);
        model.openPlan(row, column);
        const asked = calls.length;
        // whoever types a number of two digits means it once
        model.openPlan(row, column);
        model.openPlan(row, column);
        expect(calls).toHaveLength(asked);
        const denied = makeServerError({type: "AccessError", message: "Not allowed."});
        await refuse("action_open_matrix_plan", denied);
        expect.verifySteps(["danger: Not allowed."]);
    });
});
