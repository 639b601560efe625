import {Component, onWillStart, onWillUnmount, useEffect, useRef} from "@odoo/owl";
import {getColor} from "@web/core/colors/colors";
import {loadBundle} from "@web/core/assets";

const DASHES = [6, 4];

/** The color that a class of Bootstrap gives here, in light and in dark. */
function getTone(parent, tone) {
    const probe = document.createElement("span");
    probe.className = `text-${tone}`;
    parent.append(probe);
    const {color} = getComputedStyle(probe);
    probe.remove();
    return color;
}

/**
 * A picture by Odoo's chart library, with its figures for who cannot see it.
 *
 * The server tells `type`, `title`, `labels` and `series`: a label, values and a tone
 * each, or a color of its own where there is no tone. Of points (`scatter`) the values
 * are `{x, y, text}`, without labels; `isLine` makes a dashed line of them.
 */
export class FigureChart extends Component {
    static template = "crm_relationship.FigureChart";
    static props = {chart: Object, format: {type: Function, optional: true}};

    setup() {
        this.canvas = useRef("canvas");
        onWillStart(() => loadBundle("web.chartjs_lib"));
        useEffect(
            () => this.draw(),
            () => [this.props.chart]
        );
        onWillUnmount(() => this.drawn?.destroy());
    }

    draw() {
        this.drawn?.destroy();
        const {type, labels, series} = this.props.chart;
        this.drawn = new window.Chart(this.canvas.el, {
            type,
            data: {
                labels,
                datasets: series.map((one, index) => this.drawSeries(one, index)),
            },
            options: this.options,
        });
    }

    drawSeries({label, values, tone, isLine}, index) {
        const {type, series} = this.props.chart;
        const color = tone
            ? getTone(this.canvas.el.parentNode, tone)
            : getColor(index, "light", series.length);
        return {
            label,
            data: values,
            backgroundColor: color,
            borderColor: color,
            borderDash: isLine ? DASHES : [],
            borderWidth: type === "line" || isLine ? 2 : 0,
            pointRadius: this.getRadius(values, isLine),
            showLine: type === "line" || Boolean(isLine),
        };
    }

    /** A line of a single value would not be seen without its point. */
    getRadius(values, isLine) {
        const known = values.filter((value) => value !== null);
        if (isLine) {
            return known.length === 1 ? 2 : 0;
        }
        return this.props.chart.type === "scatter" ? 5 : 2;
    }

    get options() {
        const {series, axes} = this.props.chart;
        const color = getComputedStyle(this.canvas.el.parentNode).color;
        const ticks = {color, maxRotation: 0};
        const axis = {ticks, grid: {display: false}};
        const amounts = {...axis, beginAtZero: true};
        if (this.props.format) {
            amounts.ticks = {...ticks, callback: (value) => this.props.format(value)};
        }
        const name = (text) => ({title: {display: true, text, color}});
        return {
            animation: false,
            maintainAspectRatio: false,
            plugins: {
                legend: {
                    display: series.length > 1,
                    labels: {color, boxWidth: 12},
                },
                tooltip: {callbacks: this.callbacks},
            },
            scales: axes
                ? {x: {...amounts, ...name(axes.x)}, y: {...amounts, ...name(axes.y)}}
                : {x: axis, y: amounts},
        };
    }

    /** Points say in words what they are. */
    get callbacks() {
        return this.props.chart.type === "scatter"
            ? {label: ({raw, dataset}) => raw.text || dataset.label}
            : {};
    }
}
