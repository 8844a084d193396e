// The console's style sheet, as a string for the same reason as its script.

export const CONSOLE_STYLE = `:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
body { margin: 1.5rem auto; max-width: 80rem; padding: 0 1rem; }
h1 { font-size: 1.4rem; }
h2 { font-size: 1.05rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid color-mix(in srgb, currentColor 18%, transparent); padding: .35rem .6rem; text-align: left; vertical-align: top; }
td { overflow-wrap: anywhere; }
small { display: block; opacity: .7; }
h2 small { display: inline; font-weight: normal; }
ul { list-style: none; margin: 0; padding: 0; }
li { padding: .15rem 0; }
li span { display: block; font-size: .85rem; opacity: .75; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; }
dd { margin: 0; }
tr.forward strong, strong.ok { color: light-dark(#17692f, #6fd08c); }
tr.block strong, strong.refused { color: light-dark(#a11d1d, #ff8f8f); }
tr.anonymous strong, tr.cohort strong { color: light-dark(#7a5200, #e6b85c); }
@media (max-width: 48rem) {
  #decisions, #decisions tr { display: block; }
  table:has(#decisions) { display: block; }
  table:has(#decisions) thead { display: none; }
  #decisions tr { border-bottom: 1px solid color-mix(in srgb, currentColor 18%, transparent); padding: .5rem 0; }
  #decisions td { border: 0; display: inline-block; padding: .1rem .6rem .1rem 0; }
  #decisions td small { display: inline; margin-left: .4rem; }
  #decisions td:nth-child(n + 6) { display: block; }
  #decisions summary::after { content: ' treated'; }
  dl { grid-template-columns: 1fr; }
  dt { margin-top: .4rem; font-weight: 600; }
}
`;
