/** Colours by meaning, light and dark. Text colours reach AA (4.5:1) on paper, card and their own tint; a test computes it. */
export const palettes = {
  light: {
    paper: "#f6f5f1",
    card: "#ffffff",
    ink: "#1b1b19",
    soft: "#5c5a53",
    line: "#e2dfd7",
    good: "#17693e",
    "good-tint": "#e1f3e8",
    warn: "#8a4b00",
    "warn-tint": "#fdf0d9",
    bad: "#ad1f16",
    "bad-tint": "#fce7e4",
    plain: "#2b4f8f",
    "plain-tint": "#e6edf9",
    bite: "#e8772e",
    "bite-ink": "#9a4710",
    undo: "#0c7a80",
    main: "#2f5fb8",
    "rank-1": "#b5a7ea",
    "rank-2": "#9a86e0",
    "rank-3": "#6b4fc8",
    "rank-4": "#33207c",
  },
  dark: {
    paper: "#111214",
    card: "#191b1f",
    ink: "#ecebe6",
    soft: "#a8a59c",
    line: "#2e3137",
    good: "#67d394",
    "good-tint": "#14301f",
    warn: "#f2b75c",
    "warn-tint": "#34270f",
    bad: "#ff8d83",
    "bad-tint": "#3c1916",
    plain: "#93b8ff",
    "plain-tint": "#18253f",
    bite: "#f08a43",
    "bite-ink": "#f3a66d",
    undo: "#37b6bc",
    main: "#7ea6f5",
    "rank-1": "#5c51a3",
    "rank-2": "#7a6bd0",
    "rank-3": "#a898f5",
    "rank-4": "#e2dcff",
  },
} as const;

const tokens = (palette: Record<string, string>) =>
  Object.entries(palette)
    .map(([name, colour]) => `--${name}:${colour};`)
    .join("");

/** Every colour a line of a chart may have. */
const tints = ["rank-1", "rank-2", "rank-3", "rank-4", "bad", "bite", "undo", "soft"];

export const theme = `
:root{color-scheme:light;${tokens(palettes.light)}--mono:ui-monospace,"SF Mono",SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
@media (prefers-color-scheme:dark){:root{color-scheme:dark;${tokens(palettes.dark)}}}
@media print{:root{color-scheme:light;${tokens(palettes.light)}}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums;-webkit-text-size-adjust:100%}
main{max-width:1120px;margin:0 auto;padding:48px 32px 64px}
h1,h2,p,dl,dd,figure,ul{margin:0;padding:0}
h1{font-size:34px;line-height:1.15;letter-spacing:-.02em;font-weight:680;text-wrap:balance}
h2{font-size:19px;line-height:1.3;letter-spacing:-.01em;font-weight:650}
h1,h2,p,dd,td,li,code,pre,figcaption,summary{overflow-wrap:anywhere}
code,pre{font-family:var(--mono);font-size:.9em}
.whole{white-space:nowrap}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
bdi{unicode-bidi:isolate}
section{margin-top:48px}
section>h2{margin-bottom:14px}
.soft{color:var(--soft)}
.good{color:var(--good)}.warn{color:var(--warn)}.bad{color:var(--bad)}
.kicker{color:var(--soft);font-size:13px;font-weight:600;letter-spacing:.08em;text-transform:uppercase;margin-bottom:8px}
.banner{display:flex;gap:18px;align-items:flex-start;margin-top:22px;padding:22px 24px;border-radius:14px;background:var(--tone-tint);border:1px solid color-mix(in srgb,var(--tone) 26%,transparent)}
.verdict-good{--tone:var(--good);--tone-tint:var(--good-tint)}
.verdict-plain{--tone:var(--plain);--tone-tint:var(--plain-tint)}
.verdict-warn{--tone:var(--warn);--tone-tint:var(--warn-tint)}
.verdict-bad{--tone:var(--bad);--tone-tint:var(--bad-tint)}
.icon{flex:none;width:38px;height:38px}
.icon circle{fill:var(--tone)}
.icon path{fill:none;stroke:var(--tone-tint);stroke-width:2.3;stroke-linecap:round;stroke-linejoin:round}
.verdict{color:var(--tone);font-size:22px;line-height:1.3;font-weight:700;letter-spacing:-.01em}
.summary{font-size:17px;line-height:1.5;margin-top:2px;text-wrap:pretty}
.reason{color:var(--soft);margin-top:6px;font-size:14px}
.hypothesis{margin-top:26px;padding-left:18px;border-left:3px solid var(--line)}
.hypothesis h2{font-size:13px;color:var(--soft);font-weight:600;letter-spacing:0}
.hypothesis p{font-size:17px;max-width:68ch;text-wrap:pretty}
.facts{display:flex;flex-wrap:wrap;gap:12px 32px;margin-top:24px}
.facts dt,.figures dt{color:var(--soft);font-size:13px}
.facts dd{font-size:14px}
.figures dl{display:flex;flex-wrap:wrap;gap:1px;background:var(--line);border:1px solid var(--line);border-radius:14px;overflow:hidden}
.figures dl>div{flex:1 1 165px;background:var(--card);padding:18px 16px}
.figures .value{font-size:28px;line-height:1.25;font-weight:640;letter-spacing:-.02em;margin-top:2px}
.figures small{font-size:16px;font-weight:600;letter-spacing:0;white-space:nowrap}
.figures .value.plain{color:var(--ink)}
.figures .about{color:var(--soft);font-size:13px;line-height:1.4}
.left{padding:22px 24px;border-radius:14px;border:1px solid color-mix(in srgb,var(--bad) 45%,transparent);background:var(--card)}
.left h2{color:var(--bad)}
.left p{margin-top:14px}
.command{margin:10px 0 0;padding:12px 16px;border-radius:8px;background:var(--paper);border:1px solid var(--line);white-space:pre-wrap;user-select:all;font-size:14px}
.course{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:8px 24px 16px}
.course:focus-visible{outline:2px solid var(--main);outline-offset:3px}
.chart{padding:18px 0 2px}
.chart+.chart{border-top:1px solid var(--line)}
figcaption{display:flex;flex-wrap:wrap;justify-content:space-between;gap:4px 24px;font-size:14px;font-weight:600;margin-bottom:8px}
figcaption .soft{font-weight:400}
.legend{display:flex;flex-wrap:wrap;gap:2px 18px;list-style:none;font-weight:400;font-size:13px;color:var(--soft)}
.reading{display:inline-block;color:var(--ink);font-weight:600}
.swatch{display:inline-block;width:14px;height:3px;border-radius:2px;margin-right:6px;vertical-align:middle;background:var(--main)}
${tints.map((tint) => `.swatch.${tint}{background:var(--${tint})}path.line.${tint}{stroke:var(--${tint})}`).join("")}
.plot,.ruler{display:block;overflow:visible}
.plot,.ruler{width:calc(100% - 60px);margin-left:60px}
.scale{text-anchor:end;transform:translate(-10px,4px)}
.plot text,.ruler text{font-size:11.5px;fill:var(--soft)}
.ruler .at{fill:var(--ink);font-weight:600}
.plot .scale,.plot .limit-name,.plot .fault-name,.ruler .at{paint-order:stroke;stroke:var(--card);stroke-width:3.5px;stroke-linejoin:round}
.grid,.row{stroke:var(--line);stroke-width:1}
.line{overflow-wrap:anywhere}
path.line{fill:none;stroke:var(--main);stroke-width:1.7;stroke-linejoin:round;stroke-linecap:round;vector-effect:non-scaling-stroke}
path.fill{fill:var(--main);fill-opacity:.13}
path.bar{fill:none;stroke:var(--bad);stroke-width:2;vector-effect:non-scaling-stroke}
.bite{fill:var(--bite);fill-opacity:.085}
.bite-edge{stroke:var(--bite);stroke-width:1;stroke-opacity:.6}
.plot .bite-name{fill:var(--bite-ink)}
.plot .tag{font-weight:700;fill:var(--bite-ink)}
.undoing{fill:var(--undo);fill-opacity:.2}
.cut{fill:var(--paper)}
.stopped{stroke:var(--bad);stroke-width:1.5;stroke-dasharray:2 3}
.recovered{stroke:var(--good);stroke-width:1.5}
.limit{stroke:var(--warn);stroke-width:1.2;stroke-dasharray:5 4}
.plot .limit-name{fill:var(--warn);text-anchor:end}
.failure,.dot{fill:var(--bad);background:var(--bad)}
.cross{stroke:var(--ink);stroke-width:1;stroke-opacity:.55}
.phase{stroke:var(--card);stroke-width:1}
.phase.quiet{fill:var(--line)}.phase.bite{fill:var(--bite);fill-opacity:.32}.phase.undo{fill:var(--undo);fill-opacity:.32}
.plot .phase-name{text-anchor:middle;fill:var(--ink)}
.plot .mark.end{text-anchor:end}.plot .mark.undo,.mark .undo{fill:var(--undo);font-weight:600}.plot .mark.good{fill:var(--good);font-weight:600}.plot .mark.stop,.mark .stop{fill:var(--bad);font-weight:600}
.plot .fault-name{fill:var(--ink);font-size:12px}.plot .fault-name.end{text-anchor:end}.plot .fault-name .soft{fill:var(--soft)}
.bar-inject{fill:var(--bite);fill-opacity:.42}.bar-active{fill:var(--bite)}.bar-undo{fill:var(--undo)}.bar-failed,.bar-stuck{fill:var(--bad)}
.bar-stuck{fill-opacity:.75}
.key{display:flex;flex-wrap:wrap;gap:4px 20px;margin:-6px 0 14px;font-size:13px;color:var(--soft)}
.box{display:inline-block;width:14px;height:9px;border-radius:2px;margin-right:6px}
.box.bar-inject{background:color-mix(in srgb,var(--bite) 42%,var(--paper))}.box.bar-active{background:var(--bite)}.box.bar-undo{background:var(--undo)}.box.bar-failed{background:var(--bad)}
.dot{display:inline-block;width:7px;height:7px;border-radius:50%;margin-right:7px;vertical-align:middle}
.aside{margin-top:12px;font-size:13px;color:var(--soft);max-width:80ch}
.table{background:var(--card);border:1px solid var(--line);border-radius:14px;overflow:hidden}
table{width:100%;border-collapse:separate;border-spacing:0;font-size:14px;line-height:1.45}
caption{text-align:left;font-weight:600;padding:14px 16px 4px}
.table+.table{margin-top:16px}
.left .table{border:0;border-radius:0}
.left caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.left th,.left td{padding-left:0}
th{text-align:left;font-size:13px;font-weight:400;color:var(--soft);padding:4px 16px 9px;border-bottom:1px solid var(--line);white-space:nowrap}
td{padding:13px 16px;vertical-align:top;border-bottom:1px solid var(--line)}
tr:last-child td{border-bottom:0}
.number{text-align:right;white-space:nowrap}
td .soft,td .line{font-size:13px}
.badge{display:inline-block;white-space:nowrap;margin-bottom:3px;padding:1px 9px;border-radius:99px;font-size:12.5px;font-weight:600;background:var(--plain-tint);color:var(--plain)}
.badge.good{background:var(--good-tint);color:var(--good)}.badge.warn{background:var(--warn-tint);color:var(--warn)}.badge.bad{background:var(--bad-tint);color:var(--bad)}
.tagged{display:flex;gap:9px;align-items:baseline}
.tag-box{display:inline-block;min-width:20px;padding:0 5px;text-align:center;border-radius:5px;font-size:12px;line-height:19px;background:color-mix(in srgb,var(--bite) 16%,var(--card));color:var(--bite-ink)}
details summary{cursor:pointer;color:var(--soft);font-size:13px}
td pre{margin:6px 0 0;white-space:pre-wrap;font-size:12px}
.log summary h2{display:inline;color:var(--ink)}
.log[open] summary{margin-bottom:14px}
.log td,.log th{padding:6px 16px}
footer{margin-top:56px;padding-top:20px;border-top:1px solid var(--line);font-size:13px;color:var(--soft)}
footer p{max-width:90ch}
footer p+p{margin-top:8px}
footer b{color:var(--ink);font-weight:600}
.chart .aside{margin:0 0 6px 60px}
@media screen and (max-width:720px){
.chart .aside{margin-left:0}
main{padding:24px 16px 40px}
h1{font-size:26px}
section{margin-top:36px}
.banner{padding:16px;gap:12px}
.icon{width:28px;height:28px}
.verdict{font-size:19px}
.summary,.hypothesis p{font-size:16px}
.figures dl>div{flex-basis:140px;padding:14px}
.figures .value{font-size:23px}
.course{padding:4px 14px 12px;margin:0 -4px}
.plot .wide,.ruler .wide{display:none}
.plot,.ruler{width:calc(100% - 46px);margin-left:46px}
.scale{transform:translate(-7px,4px)}
.left{padding:16px}
table,tbody,tr,td{display:block}
thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
caption{display:block}
tr{padding:10px 0;border-bottom:1px solid var(--line)}
tr:last-child{border-bottom:0}
td,.log td{display:grid;grid-template-columns:112px minmax(0,1fr);gap:12px;padding:4px 14px;border:0;text-align:left;white-space:normal}
td::before{content:attr(data-head);color:var(--soft);font-size:13px}
td.number,.log td.number{text-align:left}
td.first{display:block;padding-bottom:6px}
td.first::before{content:none}
}
@media print{
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
body{background:#fff;font-size:12px}
main{max-width:none;padding:0}
table,th,td .soft,td .line,.badge{font-size:12px}
td,th,caption{padding-left:10px;padding-right:10px}
summary{display:none}
section{margin-top:28px}
figure,tr,.banner{break-inside:avoid}
h2{break-after:avoid}
}
`;
