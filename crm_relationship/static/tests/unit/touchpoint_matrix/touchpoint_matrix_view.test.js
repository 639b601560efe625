import {
    animationFrame,
    beforeEach,
    click,
    Deferred,
    describe,
    edit,
    expect,
    press,
    queryAllAttributes,
    queryAllTexts,
    queryFirst,
    test,
    unload,
    waitFor,
} from "@odoo/hoot";
import {markup} from "@odoo/owl";
import {
    contains,
    defineActions,
    defineModels,
    fields,
    getService,
    makeServerError,
    models,
    mountView,
    mountWebClient,
    onRpc,
    patchWithCleanup,
    serverState,
    toggleMenuItem,
    toggleSearchBarMenu,
} from "@web/../tests/web_test_helpers";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";
import {localization} from "@web/core/l10n/localization";
import {makeCell, makeColumn, makeMatrix} from "./touchpoint_matrix_test_helpers";

describe.current.tags("desktop");

const SAVED = {message: false, action: false};

class Segment extends models.Model {
    _name = "crm.segment";

    name = fields.Char();

    _views = {
        touchpoint_matrix: `<touchpoint_matrix/>`,
        list: `<list><field name="name"/></list>`,
    };
}

defineMailModels();
defineModels([Segment]);
defineActions([
    {
        id: 1,
        xml_id: "matrix",
        res_model: "crm.segment",
        views: [[false, "touchpoint_matrix"]],
    },
    {id: 2, xml_id: "others", res_model: "crm.segment", views: [[false, "list"]]},
]);

/** What the server knows; a saved number is in the next matrix it is asked for. */
let matrix;

beforeEach(() => {
    matrix = makeMatrix();
    serverState.currencies = [{id: 1, position: "before", symbol: "$"}];
});

onRpc("crm.segment", "get_touchpoint_matrix", () => structuredClone(matrix));
onRpc("crm.segment", "set_matrix_cell", ({args: [[segment], touchpoint, contacts]}) => {
    expect.step(`save ${touchpoint}-${segment}: ${contacts}`);
    const row = matrix.rows.find(({id}) => id === (touchpoint || 0));
    const column = matrix.columns.findIndex(({id}) => id === segment);
    Object.assign(row.cells[column], {contacts, planned: 10 * contacts});
    return SAVED;
});

const mountMatrix = (props) =>
    mountView({
        type: "touchpoint_matrix",
        resModel: "crm.segment",
        arch: "<touchpoint_matrix/>",
        ...props,
    });

const searchViewArch = `
    <search>
        <filter name="gold" string="Gold" domain="[('name', '=', 'Gold')]"/>
    </search>`;

const cell = (row, column) => `[data-position="${row}-${column}"]`;
const input = ".o_matrix_editing input";
const planned = (row, column) => `${cell(row, column)} .o_matrix_planned`;

/** Wait for what follows from an answer; generously, for machines that are busy. */
const appears = (selector) => waitFor(selector, {timeout: 5000});

/** Press a key, with any modifiers before it. */
async function type(...keys) {
    const [keydown] = (await press(keys)).filter(
        (ev) => ev.type === "keydown" && ev.key === keys.at(-1)
    );
    await animationFrame();
    return keydown;
}

/** Make a cell active by its keyboard, coming from the first one. */
async function goTo(row, column) {
    await type("Control", "Home");
    for (let i = 0; i < row; i++) {
        await type("ArrowDown");
    }
    for (let i = 0; i < column; i++) {
        await type("ArrowRight");
    }
}

async function enterGrid() {
    queryFirst(cell(0, 0)).focus();
    await animationFrame();
}

describe("what is shown", () => {
    test("channels are rows, segments columns, and both have totals", async () => {
        await mountMatrix();
        expect(queryAllTexts(".o_matrix_grid tbody th")).toEqual(["Call", "Visit"]);
        expect(queryAllTexts(".o_matrix_segment")).toEqual(["Gold", "Silver"]);
        expect(planned(0, 0)).toHaveText("12");
        expect(`${cell(0, 1)} .o_matrix_empty`).toHaveText("–");
        expect(planned(2, 2)).toHaveText("6");
        expect(queryAllTexts(`${cell(2, 2)} .o_matrix_done > span`)).toEqual([
            "120 in all",
            "0",
        ]);
        expect("thead th:last").toHaveText("Total\n20");
    });

    test("a cell is read out with its row, its column and both figures", async () => {
        matrix.rows[0].cells[0] = makeCell({contacts: 12, done_each: 3, behind: true});
        await mountMatrix();
        expect(cell(0, 0)).toHaveAttribute(
            "aria-label",
            "Call, Gold: 12 planned, 3 done, behind"
        );
        expect(cell(2, 2)).toHaveAttribute(
            "aria-label",
            "Total, Total: 6 planned, 0 done"
        );
        expect(`${cell(0, 0)} .text-danger`).toHaveText("3");
    });

    test("a tooltip says how a figure came about, and why it cannot be edited", async () => {
        await mountMatrix();
        const {title, lines} = JSON.parse(queryFirst(cell(0, 0)).dataset.tooltipInfo);
        expect(title).toBe("Call · Gold");
        expect(lines[0]).toBe("Planned: 12 a year with each customer, 120 with all.");
        await contains("button[data-measure=cost]").click();
        const cost = JSON.parse(queryFirst(cell(0, 0)).dataset.tooltipInfo);
        expect(cost.lines.at(-1)).toBe(
            "Switch to “Interactions a year” to change this."
        );
    });

    test("the measure is changed by its button, and edited is only contacts", async () => {
        matrix.rows[0].cells[0] = makeCell({contacts: 12, cost: 660, hours: 20});
        await mountMatrix();
        expect(cell(0, 0)).toHaveAttribute("aria-readonly", "false");
        await contains("button[data-measure=cost]").click();
        expect("button[data-measure=cost]").toHaveAttribute("aria-pressed", "true");
        expect(planned(0, 0)).toHaveText("$ 660");
        expect(cell(0, 0)).toHaveAttribute("aria-readonly", "true");
        await contains("button[data-measure=hours]").click();
        expect(planned(0, 0)).toHaveText("20");
    });

    test("the measure of the last visit is taken up again", async () => {
        await mountMatrix({state: {measure: "hours"}});
        expect("button[data-measure=hours]").toHaveClass("active");
    });

    test("the matrix is that of the search", async () => {
        onRpc("crm.segment", "get_touchpoint_matrix", ({args: [domain]}) => {
            expect.step(domain);
            const columns = domain.length ? 1 : 2;
            return makeMatrix({
                columns: matrix.columns.slice(0, columns),
                rows: matrix.rows.map((row) => ({
                    ...row,
                    cells: row.cells.slice(0, columns),
                })),
            });
        });
        await mountMatrix({searchViewArch});
        await toggleSearchBarMenu();
        await toggleMenuItem("Gold");
        await appears(".o_matrix_grid:not(:has(.o_matrix_segment:contains(Silver)))");
        expect(queryAllTexts(".o_matrix_segment")).toEqual(["Gold"]);
        await toggleMenuItem("Gold");
        await appears(".o_matrix_segment:contains(Silver)");
        expect.verifySteps([[], [["name", "=", "Gold"]], []]);
    });

    test("the bar of working time never grows beyond its frame", async () => {
        Object.assign(matrix.staff, {needed: 2080, available: 1040});
        await mountMatrix();
        expect(".o_touchpoint_matrix_staff strong").toHaveText("1,040 hours too many");
        expect("[role=progressbar]").toHaveAttribute("aria-valuenow", "200");
        expect(".progress-bar").toHaveAttribute("style", "width: 100%");
    });

    test("archived channels and plans of their own are only looked at", async () => {
        matrix.rows[1].active = false;
        matrix.columns[1] = makeColumn({id: 0, name: "Own", plan_state: "own"});
        await mountMatrix();
        expect(queryAllAttributes("tbody td", "aria-readonly")).toEqual([
            ..."false true true".split(" "),
            ..."true true true".split(" "),
        ]);
        expect(queryAllTexts("tbody th:last span")).toEqual(["Visit", "archived"]);
        expect(queryAllTexts(".o_matrix_segment")).toEqual(["Gold"]);
    });

    test("without segments or channels there is help instead of a grid", async () => {
        matrix.rows = [];
        await mountMatrix();
        expect(".o_nocontent_help").toHaveText(/No channel in use/);
        expect(".o_matrix_grid").toHaveCount(0);
    });

    test("without segments there is the help of the action", async () => {
        matrix.columns = [];
        await mountMatrix({noContentHelp: markup`<p>No segment here</p>`});
        expect(".o_view_nocontent").toHaveText("No segment here");
        expect(".o_matrix_grid").toHaveCount(0);
    });

    test("a segment is opened, with the others beside it", async () => {
        await mountMatrix({
            selectRecord: (id, {activeIds}) => expect.step([id, activeIds]),
        });
        await contains(".o_matrix_segment:contains(Silver)").click();
        expect.verifySteps([[2, [1, 2]]]);
    });

    test("the customers with plans of their own are no segment to page to", async () => {
        matrix.columns[1] = makeColumn({id: 0, name: "Own", plan_state: "own"});
        await mountMatrix({
            selectRecord: (id, {activeIds}) => expect.step([id, activeIds]),
        });
        await contains(".o_matrix_segment").click();
        expect.verifySteps([[1, [1]]]);
    });
});

describe("moving", () => {
    test("the grid has one tab stop, which the arrow keys move", async () => {
        await mountMatrix();
        await enterGrid();
        expect(".o_matrix_grid td[tabindex='0']").toHaveCount(1);
        await type("ArrowRight");
        expect(cell(0, 1)).toBeFocused();
        await type("ArrowDown");
        expect(cell(1, 1)).toBeFocused();
        await type("ArrowLeft");
        expect(cell(1, 0)).toBeFocused();
        await type("ArrowUp");
        expect(cell(0, 0)).toBeFocused();
        expect(queryAllAttributes("td[tabindex='0']", "data-position")).toEqual([
            "0-0",
        ]);
    });

    test("the arrow keys stop at the edges, totals included", async () => {
        await mountMatrix();
        await enterGrid();
        await type("ArrowUp");
        await type("ArrowLeft");
        expect(cell(0, 0)).toBeFocused();
        await goTo(5, 5);
        expect(cell(2, 2)).toBeFocused();
    });

    test("Home and End go to the ends of the row, with Ctrl of the grid", async () => {
        await mountMatrix();
        await enterGrid();
        await goTo(1, 1);
        await type("End");
        expect(cell(1, 2)).toBeFocused();
        await type("Home");
        expect(cell(1, 0)).toBeFocused();
        await type("Control", "End");
        expect(cell(2, 2)).toBeFocused();
        await type("Control", "Home");
        expect(cell(0, 0)).toBeFocused();
    });

    test("Tab goes on in reading order, and out of the grid at its end", async () => {
        await mountMatrix();
        await enterGrid();
        await goTo(0, 2);
        await type("Tab");
        expect(cell(1, 0)).toBeFocused();
        await type("Shift", "Tab");
        expect(cell(0, 2)).toBeFocused();
        await type("Control", "End");
        expect((await type("Tab")).defaultPrevented).toBe(false);
    });

    test("shortcuts of the browser and of Odoo are left alone", async () => {
        await mountMatrix();
        await enterGrid();
        for (const keys of [
            ["Alt", "ArrowRight"],
            ["Control", "ArrowRight"],
            ["Control", "1"],
            ["a"],
        ]) {
            await type(...keys);
            expect(cell(0, 0)).toBeFocused({message: keys.join("+")});
            expect(input).toHaveCount(0);
        }
    });

    test("keys pressed in the head of the grid are not those of a cell", async () => {
        await mountMatrix({selectRecord: (id) => expect.step(`open ${id}`)});
        queryFirst(".o_matrix_segment").focus();
        for (const keys of [["Tab"], ["Shift", "Tab"], ["5"], ["End"]]) {
            queryFirst(".o_matrix_segment").focus();
            expect((await type(...keys)).defaultPrevented).toBe(false);
            expect(input).toHaveCount(0);
        }
        queryFirst(".o_matrix_segment").focus();
        await type("Enter");
        expect.verifySteps(["open 1"]);
        expect(input).toHaveCount(0);
    });

    test("the grid keeps a tab stop when a filter makes it smaller", async () => {
        await mountMatrix({searchViewArch});
        await enterGrid();
        await type("Control", "End");
        matrix.columns.pop();
        matrix.rows.pop();
        matrix.rows[0].cells.pop();
        await toggleSearchBarMenu();
        await toggleMenuItem("Gold");
        await appears(`${cell(1, 1)}.o_matrix_total`);
        expect(queryAllAttributes("td[tabindex='0']", "data-position")).toEqual([
            "1-1",
        ]);
        queryFirst(cell(1, 1)).focus();
        await type("ArrowLeft");
        expect(cell(1, 0)).toBeFocused();
    });

    test("a click on what cannot be edited makes it active", async () => {
        await mountMatrix();
        await contains(cell(2, 1)).click();
        expect(cell(2, 1)).toBeFocused();
        expect(input).toHaveCount(0);
    });
});

describe("editing", () => {
    beforeEach(async () => {
        await mountMatrix();
        await enterGrid();
    });

    test("Enter opens a cell with its number selected, Escape takes back", async () => {
        await type("Enter");
        expect(input).toBeFocused();
        expect(input).toHaveValue("12");
        const {selectionStart, selectionEnd} = queryFirst(input);
        expect([selectionStart, selectionEnd]).toEqual([0, 2]);
        await edit("52");
        await type("Escape");
        expect(cell(0, 0)).toBeFocused();
        expect(planned(0, 0)).toHaveText("12");
        expect(input).toHaveCount(0);
        expect.verifySteps([]);
    });

    test("Enter saves and moves down, with Shift up", async () => {
        await type("F2");
        await edit("52");
        await type("Enter");
        await animationFrame();
        expect.verifySteps(["save 11-1: 52"]);
        expect(planned(0, 0)).toHaveText("52");
        expect(cell(1, 0)).toBeFocused();
        await type("Enter");
        await edit("4");
        await type("Shift", "Enter");
        expect.verifySteps(["save 12-1: 4"]);
        expect(cell(0, 0)).toBeFocused();
    });

    test("a digit opens a cell with it, Tab saves and goes on", async () => {
        await type("4");
        expect(input).toHaveValue("4");
        const {selectionStart, selectionEnd} = queryFirst(input);
        expect([selectionStart, selectionEnd]).toEqual([1, 1]);
        await type("Tab");
        expect(cell(0, 1)).toBeFocused();
        await type("2");
        await type("Shift", "Tab");
        expect(cell(0, 0)).toBeFocused();
        await animationFrame();
        expect.verifySteps(["save 11-1: 4", "save 11-2: 2"]);
        expect([planned(0, 0), planned(0, 1)].flatMap(queryAllTexts)).toEqual([
            "4",
            "2",
        ]);
    });

    test("Shift+Tab in the first cell saves and stays", async () => {
        await type("4");
        await type("Shift", "Tab");
        expect(cell(0, 0)).toBeFocused();
        expect.verifySteps(["save 11-1: 4"]);
    });

    test("what was typed is left by every arrow key, as in a spreadsheet", async () => {
        await type("4");
        await type("ArrowRight");
        expect(cell(0, 1)).toBeFocused();
        await type("5");
        await type("ArrowDown");
        expect(cell(1, 1)).toBeFocused();
        await type("6");
        await type("ArrowLeft");
        expect(cell(1, 0)).toBeFocused();
        await type("7");
        await type("ArrowUp");
        expect(cell(0, 0)).toBeFocused();
        await animationFrame();
        expect.verifySteps([
            "save 11-1: 4",
            "save 11-2: 5",
            "save 12-2: 6",
            "save 12-1: 7",
        ]);
    });

    test("in an opened number, left and right move the cursor", async () => {
        await type("F2");
        await type("ArrowLeft");
        expect(input).toBeFocused();
        await type("ArrowDown");
        expect(cell(1, 0)).toBeFocused();
        expect.verifySteps([]);
    });

    test("an unchanged number is not sent", async () => {
        await type("Enter");
        await edit(" 12 ");
        await type("Enter");
        expect(cell(1, 0)).toBeFocused();
        expect.verifySteps([]);
    });

    test("a click opens a cell, leaving it saves", async () => {
        await contains(cell(1, 1)).click();
        expect(input).toBeFocused();
        expect(input).toHaveValue("0");
        await edit("4");
        await click(".o_touchpoint_matrix_legend");
        await animationFrame();
        expect(input).toHaveCount(0);
        expect.verifySteps(["save 12-2: 4"]);
    });

    test("a click into another cell saves the first and opens the second", async () => {
        await contains(cell(0, 0)).click();
        await edit("5");
        await contains(cell(1, 1)).click();
        expect(`${cell(1, 1)} input`).toBeFocused();
        expect(input).toHaveCount(1);
        expect.verifySteps(["save 11-1: 5"]);
    });

    test("a click into the number that is edited leaves it open", async () => {
        await contains(cell(0, 0)).click();
        await edit("5");
        await contains(input).click();
        expect(input).toHaveValue("5");
        expect.verifySteps([]);
    });

    test("what cannot be read stays, with a sentence, until it is mended", async () => {
        await type("Enter");
        await edit("often");
        for (const keys of ["Enter", "Tab", "ArrowUp"]) {
            await type(keys);
            expect(input).toBeFocused();
            expect(input).toHaveClass("is-invalid");
            expect(".o_matrix_error").toHaveText(/“often” is not a number/);
        }
        await edit("5");
        await animationFrame();
        expect(input).not.toHaveClass("is-invalid");
        expect(".o_matrix_error").toHaveCount(0);
        await type("Enter");
        expect.verifySteps(["save 11-1: 5"]);
    });

    test("what cannot be read is given up when the cell is left", async () => {
        await type("Enter");
        await edit("often");
        await click(".o_touchpoint_matrix_legend");
        await animationFrame();
        expect(".o_notification").toHaveText(/“often” is not a number/);
        expect(input).toHaveCount(0);
        expect(planned(0, 0)).toHaveText("12");
        expect.verifySteps([]);
    });

    test("numbers are edited in the language of the user", async () => {
        patchWithCleanup(localization, {decimalPoint: ",", thousandsSep: "."});
        await type(",");
        expect(input).toHaveValue(",");
        await edit("1,5");
        await type("Enter");
        await animationFrame();
        expect.verifySteps(["save 11-1: 1.5"]);
        expect(planned(0, 0)).toHaveText("1,5");
    });

    test("what is saved is read out", async () => {
        await type("4");
        await type("Enter");
        expect("[aria-live=polite]").toHaveText("Call, Gold: 4");
        expect.verifySteps(["save 11-1: 4"]);
    });

    test("a total says why it cannot be edited", async () => {
        await type("Control", "End");
        await type("5");
        expect(".o_notification").toHaveText("Totals follow from the cells.");
        expect(input).toHaveCount(0);
    });
});

describe("the server's answers", () => {
    test("a number is shown while it is saved, and edited again from there", async () => {
        const answer = new Deferred();
        onRpc("crm.segment", "set_matrix_cell", ({args}) => {
            expect.step(`sent ${args[2]}`);
            return answer;
        });
        await mountMatrix();
        await enterGrid();
        await type("5");
        await type("Enter");
        expect.verifySteps(["sent 5"]);
        expect(cell(0, 0)).toHaveClass("o_matrix_pending");
        expect(planned(0, 0)).toHaveText("5");
        await goTo(0, 0);
        await type("Enter");
        expect(input).toHaveValue("5");
        await type("Escape");
        matrix.rows[0].cells[0] = makeCell({contacts: 5});
        answer.resolve(SAVED);
        await appears(`${cell(0, 0)}:not(.o_matrix_pending)`);
        expect(planned(0, 0)).toHaveText("5");
    });

    test("a pending number of interactions is not shown as cost", async () => {
        onRpc("crm.segment", "set_matrix_cell", () => new Deferred());
        await mountMatrix();
        await enterGrid();
        await type("5");
        await type("Enter");
        await contains("button[data-measure=cost]").click();
        expect(cell(0, 0)).not.toHaveClass("o_matrix_pending");
    });

    test("a refused number is taken back with a sentence", async () => {
        onRpc("crm.segment", "set_matrix_cell", () => {
            throw makeServerError({
                message: "999 interactions a year are not possible.",
            });
        });
        await mountMatrix();
        await enterGrid();
        await type("9");
        await type("Enter");
        await appears(
            ".o_notification:contains(999 interactions a year are not possible)"
        );
        expect(planned(0, 0)).toHaveText("12");
        expect(cell(0, 0)).not.toHaveClass("o_matrix_pending");
    });

    test("figures that arrive while a cell is edited leave the editor alone", async () => {
        const answer = new Deferred();
        onRpc("crm.segment", "set_matrix_cell", () => answer);
        await mountMatrix();
        await enterGrid();
        await type("5");
        await type("Enter");
        await type("7");
        matrix.rows[0].cells[0] = makeCell({contacts: 5});
        answer.resolve(SAVED);
        await appears(`${cell(0, 0)}:not(.o_matrix_pending)`);
        expect(input).toBeFocused();
        expect(input).toHaveValue("7");
    });

    test("a cell with several lines opens the plan instead", async () => {
        matrix.rows[0].cells[0] = makeCell({contacts: 24, interval_line_count: 2});
        onRpc("crm.segment", "action_open_matrix_plan", ({args}) => {
            expect.step(args);
            return {message: "Change each of them in the plan.", action: false};
        });
        await mountMatrix();
        await contains(cell(0, 0)).click();
        await appears(".o_notification:contains(Change each of them in the plan)");
        expect(input).toHaveCount(0);
        expect.verifySteps([[[1], 11]]);
    });
});

describe("leaving", () => {
    const openMatrix = async () => {
        await mountWebClient();
        await getService("action").doAction("matrix");
        await enterGrid();
    };
    const leave = async () => {
        getService("action").doAction("others");
        await animationFrame();
    };

    test("the view is left when all edits are saved, in their order", async () => {
        const answers = [new Deferred(), new Deferred()];
        onRpc("crm.segment", "set_matrix_cell", ({args}) => {
            expect.step(`sent ${args[2]}`);
            return answers[args[2] - 1];
        });
        await openMatrix();
        await type("1");
        await type("Tab");
        await type("2");
        await type("Tab");
        await leave();
        expect.verifySteps(["sent 1"]);
        answers[0].resolve(SAVED);
        await animationFrame();
        expect.verifySteps(["sent 2"]);
        expect(".o_matrix_grid").toHaveCount(1);
        answers[1].resolve(SAVED);
        await appears(".o_list_view");
        expect(".o_matrix_grid").toHaveCount(0);
    });

    test("what is in an open cell is saved first", async () => {
        await openMatrix();
        await type("Enter");
        await edit("52");
        await leave();
        await appears(".o_list_view");
        expect.verifySteps(["save 11-1: 52"]);
    });

    test("what cannot be read keeps nobody, but is said", async () => {
        await openMatrix();
        await type("Enter");
        await edit("often");
        await leave();
        await appears(".o_list_view");
        expect(".o_notification").toHaveText(/“often” is not a number/);
        expect.verifySteps([]);
    });

    test("the browser asks before it closes while something is not saved", async () => {
        const answer = new Deferred();
        onRpc("crm.segment", "set_matrix_cell", () => answer);
        await mountMatrix();
        await enterGrid();
        expect((await unload())[0].defaultPrevented).toBe(false);
        await type("Enter");
        await edit("52");
        expect((await unload())[0].defaultPrevented).toBe(true);
        answer.resolve(SAVED);
        await animationFrame();
        expect((await unload())[0].defaultPrevented).toBe(false);
    });
});
